import { bad, ok, type Parsed, show } from './problem.ts'

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
export const WEEK_MS = 7 * DAY_MS

const UNITS_MS: Readonly<Record<string, number>> = { w: WEEK_MS, d: DAY_MS, h: HOUR_MS, m: MINUTE_MS, s: SECOND_MS, ms: 1 }
const DURATION = /^(?:\d+(?:ms|[wdhms]))+$/
const CURE = 'write a whole number and a unit (ms, s, m, h, d, w): 10s, 1m, 2h, 7d, 1w or 1h30m'

/** `10s`, `1m`, `2h`, `7d`, `1w`, `1h30m` and plain 0 in ms. */
export const parseDuration = (value: unknown): Parsed<number> => {
  if (value === 0 || value === '0') return ok(0)
  if (typeof value === 'number') return bad(`${show(value)} has no unit`, `say which: ${value}s, ${value}m or ${value}h`)
  if (typeof value !== 'string') return bad(`${show(value)} is not a duration`, CURE)
  const text = value.trim().replaceAll(/\s+/g, '')
  if (/^\d+$/.test(text)) return bad(`${show(value)} has no unit`, `say which: ${text}s, ${text}m or ${text}h`)
  if (!DURATION.test(text)) return bad(`${show(value)} is not a duration`, CURE)
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[wdhms])/g)) total += Number(count) * UNITS_MS[unit]
  return Number.isSafeInteger(total) ? ok(total) : bad(`${show(value)} is too long`, 'write a shorter duration')
}

/** For people: `7d`, `1h30m`, `250ms`, `0s`; `parseDuration` reads it back. */
export const formatDuration = (ms: number): string => {
  let rest = ms
  let text = ''
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const count = Math.floor(rest / UNITS_MS[unit])
    if (count > 0) text += `${count}${unit}`
    rest -= count * UNITS_MS[unit]
  }
  return text === '' ? '0s' : text
}

const BYTES: Readonly<Record<string, number>> = { b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3, kb: 1e3, mb: 1e6, gb: 1e9 }

/** A number of bytes, or `512 KiB`, `1 MiB`, `10 MB`. */
export const parseBytes = (value: unknown): Parsed<number> => {
  const match = /^(\d+)\s*([kmg]?i?b)?$/i.exec(String(value).trim())
  const unit = BYTES[(match?.[2] ?? 'b').toLowerCase()]
  if (!match || unit === undefined || (typeof value !== 'number' && typeof value !== 'string'))
    return bad(`${show(value)} is not a size`, 'write a number of bytes or a size such as 512 KiB or 1 MiB')
  return ok(Number(match[1]) * unit)
}

export const formatBytes = (bytes: number): string => {
  for (const [unit, size] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const)
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`
  return `${bytes} bytes`
}
