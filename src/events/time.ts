/** Largest absolute time of ECMAScript, ms since the epoch. */
export const MAX_TIME_MS = 8.64e15

const ISO = /^(\d{4}|[+-]\d{6})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/i

export type IsoTime = Readonly<{ kind: 'time'; timeMs: number } | { kind: 'no-zone' } | { kind: 'not-iso' }>

/**
 * An ISO-8601 date, or date and time, as ms since the epoch; finer fractions are cut off, a date alone is its midnight in UTC.
 * A time without a zone is nobody's: `no-zone`, unless `zone` says what to read it as.
 */
export const parseIsoTime = (text: string, zone?: 'Z'): IsoTime => {
  const match = ISO.exec(text)
  if (match === null) return { kind: 'not-iso' }
  const [, year, month, day, hour, minute, second = '00', fraction = '', offset = zone] = match
  if (hour !== undefined && offset === undefined) return { kind: 'no-zone' }
  // Date.UTC takes the years 0 to 99 for 1900 to 1999. What is too large rolls over into the next day, month or year.
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour ?? 0), Number(minute ?? 0), Number(second), Number(fraction.padEnd(3, '0').slice(0, 3)))
  const rolledOver =
    date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day) || date.getUTCHours() !== Number(hour ?? 0)
  if (Number.isNaN(date.getTime()) || rolledOver || Number(second) > 59) return { kind: 'not-iso' }
  const timeMs = date.getTime() - offsetMs(offset ?? 'Z')
  return Math.abs(timeMs) <= MAX_TIME_MS ? { kind: 'time', timeMs } : { kind: 'not-iso' }
}

const offsetMs = (offset: string): number => {
  if (offset === 'Z' || offset === 'z') return 0
  const sign = offset.startsWith('-') ? -1 : 1
  return sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))) * 60_000
}
