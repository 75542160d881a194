import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'

/** What the real streams consist of, below `TIDEMARK_DATA`. */
export const REAL_FILES = [
  'golden.json',
  'bikes/reference-predictions.ndjson.gz',
  'bikes/reference-outcomes.ndjson.gz',
  'bikes/predictions.ndjson.gz',
  'bikes/outcomes.ndjson.gz',
  'flights/reference-predictions.ndjson.gz',
  'flights/reference-outcomes.ndjson.gz',
  'flights/predictions.ndjson.gz',
  'flights/outcomes.ndjson.gz',
] as const

export type RealFile = (typeof REAL_FILES)[number]

export type RealData = Readonly<{ kind: 'here'; dir: string } | { kind: 'absent'; why: string }>

const REPOSITORY = resolve(fileURLToPath(import.meta.url), '../../..')

/** Where the real streams lie (`TIDEMARK_DATA`, else `../shared/data` beside the repository), or which of them are absent. */
export const realData = (needed: readonly RealFile[] = REAL_FILES): RealData => {
  const dir = resolve(process.env.TIDEMARK_DATA ?? join(REPOSITORY, '../shared/data'))
  const absent = needed.filter(file => !existsSync(join(dir, file)))
  if (absent.length === 0) return { kind: 'here', dir }
  return {
    kind: 'absent',
    why: `${absent.length} of ${needed.length} files are not in ${dir}: ${absent.join(', ')}; set TIDEMARK_DATA`,
  }
}

/**
 * A suite over the real streams. Without them it has one test, which says by name and count what is absent: reported as skipped,
 * or failed where `TIDEMARK_DATA_REQUIRED` is 1.
 */
export const describeRealData = (name: string, needed: readonly RealFile[], suite: (dir: string) => void): void => {
  const data = realData(needed)
  describe(name, () => {
    if (data.kind === 'here') return suite(data.dir)
    test(`NOT TESTED, ${data.why}`, ({ skip }) => {
      if (process.env.TIDEMARK_DATA_REQUIRED === '1') throw new Error(data.why)
      console.warn(`NOT TESTED: ${name}: ${data.why}`)
      skip(data.why)
    })
  })
}
