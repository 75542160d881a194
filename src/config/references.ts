import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Reference } from '../windows/reference/reference.ts'
import { bad, formatPath, ok, type Parsed } from './problem.ts'

const count = z.int().min(0)

const numeric = z
  .object({
    kind: z.literal('numeric'),
    n: count,
    missing: count,
    notFinite: count,
    mean: z.number(),
    std: z.number().min(0),
    min: z.number(),
    max: z.number(),
    edges: z.array(z.number()).max(99),
    counts: z.array(count),
  })
  .refine(profile => profile.edges.every((edge, i) => i === 0 || edge > profile.edges[i - 1]), {
    path: ['edges'],
    error: 'do not rise',
  })
  .refine(profile => profile.counts.length === profile.edges.length + 1, {
    path: ['counts'],
    error: 'must be one more than edges',
  })
  .refine(profile => profile.counts.reduce((sum, c) => sum + c, 0) === profile.n, { path: ['counts'], error: 'do not sum to n' })

const categorical = z.object({
  kind: z.literal('categorical'),
  n: count,
  missing: count,
  values: z.array(z.object({ value: z.string(), count })),
})

const profile = z.discriminatedUnion('kind', [numeric, categorical])

const schema: z.ZodType<Reference> = z.object({
  format: z.literal(1),
  version: z.string().min(1),
  model: z.string().min(1),
  samples: count,
  startMs: z.number(),
  endMs: z.number(),
  features: z.record(z.string(), profile),
  prediction: profile.nullable(),
  segments: z.record(z.string(), z.array(z.string())),
})

const BUILD = 'make it again with `tidemark reference build`'

/** The reference in a file; `name` is how the configuration called it. */
export const readReference = (file: string, name: string): Parsed<Reference> => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return missing
      ? bad(`there is no file ${file}`, `make it with \`tidemark reference build\`; paths are relative to the configuration file`)
      : bad(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, 'let this process read it')
  }
  return parseReference(text, name)
}

export const parseReference = (text: string, name: string): Parsed<Reference> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return bad(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`, BUILD)
  }
  const result = schema.safeParse(value)
  if (result.success) return ok(result.data)
  const [first, ...more] = result.error.issues
  const where = formatPath(first.path.filter(key => typeof key !== 'symbol'))
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`
  return bad(`${name} is not a reference: ${where === '' ? '' : `${where}: `}${first.message}${others}`, BUILD)
}
