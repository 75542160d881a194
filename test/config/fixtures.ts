import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../src/config/config.ts'
import type { Environment, Flags } from '../../src/config/environment.ts'
import { checkConfig } from '../../src/config/load.ts'
import { formatPlace, formatProblems, type Problem } from '../../src/config/problem.ts'
import type { Reference } from '../../src/windows/reference/reference.ts'

export const BIKES: Reference = {
  format: 1,
  version: 'abcdef012345',
  model: 'bikes',
  samples: 100,
  startMs: Date.UTC(2011, 0, 1),
  endMs: Date.UTC(2011, 5, 29),
  features: {
    temp: {
      kind: 'numeric',
      n: 100,
      missing: 0,
      notFinite: 0,
      mean: 0.5,
      std: 0.1,
      min: 0,
      max: 1,
      edges: [0.5],
      counts: [50, 50],
    },
    season: {
      kind: 'categorical',
      n: 100,
      missing: 0,
      values: [
        { value: '1', count: 60 },
        { value: '2', count: 40 },
      ],
    },
  },
  prediction: {
    kind: 'numeric',
    n: 100,
    missing: 0,
    notFinite: 0,
    mean: 10,
    std: 2,
    min: 1,
    max: 20,
    edges: [10],
    counts: [60, 40],
  },
  segments: { daytype: ['workday', 'weekend', 'other'] },
}

export const FLIGHTS: Reference = {
  ...BIKES,
  model: 'flights',
  features: { origin: { kind: 'categorical', n: 100, missing: 0, values: [{ value: 'LAX', count: 100 }] } },
  prediction: null,
  segments: { origin: ['LAX', 'ORD'] },
}

/** A folder with tidemark.yaml's neighbours: two references, one that is not JSON, one that is no reference. */
export const FOLDER = mkdtempSync(join(tmpdir(), 'tidemark-config-'))
writeFileSync(join(FOLDER, 'bikes.json'), JSON.stringify(BIKES))
writeFileSync(join(FOLDER, 'flights.json'), JSON.stringify(FLIGHTS))
writeFileSync(join(FOLDER, 'broken.json'), '{ "format": 1,')
writeFileSync(join(FOLDER, 'other.json'), JSON.stringify({ ...BIKES, samples: 'many' }))

export type Around = Readonly<{ environment?: Environment; flags?: Flags }>

const check = (text: string, { environment = {}, flags = {} }: Around) =>
  checkConfig({ file: join(FOLDER, 'tidemark.yaml'), text, environment, flags })

export const configOf = (text: string, around: Around = {}): Config => {
  const checked = check(text, around)
  if (checked.kind === 'bad') throw new Error(formatProblems(checked.problems))
  return checked.config
}

export const problemsOf = (text: string, around: Around = {}): readonly Problem[] => {
  const checked = check(text, around)
  return checked.kind === 'ok' ? [] : checked.problems
}

/** `line:column`, or the variable or flag. */
export const placeOf = (problem: Problem): string => formatPlace(problem.place).replace(join(FOLDER, 'tidemark.yaml:'), '')

/** A text in which `«` marks where a problem should be found: the text without the mark, and the mark's `line:column`. */
export const marked = (text: string): Readonly<{ text: string; place: string }> => {
  const at = text.indexOf('«')
  const before = text.slice(0, at).split('\n')
  return { text: text.replace('«', ''), place: `${before.length}:${before[before.length - 1].length + 1}` }
}
