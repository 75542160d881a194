import { z } from 'zod'
import { suggest } from './closest.ts'
import { formatBytes, formatDuration, parseBytes, parseDuration } from './durations.ts'
import { bad, either, ok, type Parsed, show } from './problem.ts'

/**
 * The kinds of settings, as zod schemas. Every issue they raise is `custom` and carries its cure; zod's own issues are left
 * for the shape: unknown keys, and a mapping or list that is something else.
 */
export const setting = <T>(type: string, parse: (value: unknown) => Parsed<T>, example: string) =>
  z
    .unknown()
    .transform((value, context): T => {
      const parsed = value === undefined || value === null ? bad('is missing', `give it, such as ${example}`) : parse(value)
      if (parsed.kind === 'ok') return parsed.value
      context.addIssue({ code: 'custom', message: parsed.message, params: { cure: parsed.cure } })
      return z.NEVER
    })
    .meta({ type })

/**
 * A mapping with these keys and no others. `key:` with nothing behind it counts as not given. `normalize` turns a shorthand
 * into the mapping that it stands for.
 */
export const mapping = <S extends z.ZodRawShape>(shape: S, normalize: (value: unknown) => Parsed<unknown> = ok) =>
  z.preprocess((value, context) => {
    const normal = normalize(value)
    if (normal.kind === 'bad') {
      context.addIssue({ code: 'custom', message: normal.message, params: { cure: normal.cure } })
      return z.NEVER
    }
    if (!isRecord(normal.value)) return normal.value
    return Object.fromEntries(Object.entries(normal.value).filter(([key, entry]) => entry !== null || !(key in shape)))
  }, z.strictObject(shape))

/** A list; an element that was found bad is undefined in it, so that positions stay. */
export const list = <E extends z.ZodType>(element: E) => z.array(element.optional())

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const notText = (value: unknown): Parsed<never> =>
  typeof value === 'number' || typeof value === 'boolean'
    ? bad(`${show(value)} is a ${typeof value}, not text`, `put it in quotes: "${value}"`)
    : bad(`${show(value)} is not text`, 'write a single word or a text in quotes')

export const text = (example: string) =>
  setting(
    'text',
    value => {
      if (typeof value !== 'string') return notText(value)
      return value.trim() === '' ? bad('is empty', `give it, such as ${example}`) : ok(value)
    },
    example,
  )

/** Text that no message shows. */
export const secret = (example: string) =>
  setting(
    'secret',
    value => {
      if (typeof value !== 'string') return bad('is not text', 'put it in quotes, or leave it to a file named by the environment')
      return value === '' ? bad('is empty', `give it, such as ${example}`) : ok(value)
    },
    example,
  )

/** Names that go into keys, topics and labels. */
export const parseName = (value: unknown): Parsed<string> => {
  if (typeof value !== 'string') return notText(value)
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(value)) return ok(value)
  return bad(`${show(value)} is not a name`, 'use letters, digits, `.`, `_` and `-`, at most 100, a letter or digit first')
}

export const name = (example: string) => setting('name', parseName, example)

export const integer = (low: number, high: number, example: number) =>
  setting(
    'whole number',
    value => {
      const range = high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`
      if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return ok(value)
      return bad(`${show(value)} is not a whole number ${range}`, `write a whole number ${range}, such as ${example}`)
    },
    String(example),
  )

export const parseNumber = (value: unknown): Parsed<number> => {
  if (typeof value === 'number' && Number.isFinite(value)) return ok(value)
  if (typeof value === 'string' && /^[\d.]+\s*%$/.test(value))
    return bad(`${show(value)} is not a number`, `ratios go from 0 to 1: ${Number.parseFloat(value) / 100}`)
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
    return bad(`${show(value)} is text`, `remove the quotes: ${Number(value)}`)
  return bad(`${show(value)} is not a number`, 'write a number such as 0.95')
}

export const number = (example: string) => setting('number', parseNumber, example)

export const duration = (lowMs: number, highMs: number, example: string) =>
  setting(
    'duration',
    value => {
      const parsed = parseDuration(value)
      if (parsed.kind === 'bad' || (parsed.value >= lowMs && parsed.value <= highMs)) return parsed
      const range = `from ${formatDuration(lowMs)} to ${formatDuration(highMs)}`
      return bad(`${show(value)} is out of range`, `write a duration ${range}, such as ${example}`)
    },
    example,
  )

export const bytes = (low: number, high: number, example: string) =>
  setting(
    'size',
    value => {
      const parsed = parseBytes(value)
      if (parsed.kind === 'bad' || (parsed.value >= low && parsed.value <= high)) return parsed
      return bad(
        `${show(value)} is out of range`,
        `write a size from ${formatBytes(low)} to ${formatBytes(high)}, such as ${example}`,
      )
    },
    example,
  )

export const yesNo = () =>
  setting(
    'true or false',
    value => (typeof value === 'boolean' ? ok(value) : bad(`${show(value)} is not true or false`, 'write true or false')),
    'true',
  )

export const choice = <const T extends string>(options: readonly T[]) =>
  setting(
    options.map(option => `\`${option}\``).join(', '),
    (value): Parsed<T> => {
      const found = options.find(option => option === value)
      if (found !== undefined) return ok(found)
      return bad(
        `${show(value)} is not one of the choices`,
        typeof value === 'string' ? suggest(value, options) : `use ${either(options)}`,
      )
    },
    `\`${options[0]}\``,
  )

export const url = (protocols: readonly string[], example: string) =>
  setting(
    'URL',
    value => {
      if (typeof value !== 'string') return notText(value)
      const parsed = URL.canParse(value) ? new URL(value) : null
      if (parsed?.hostname && protocols.includes(parsed.protocol.slice(0, -1))) return ok(value)
      const schemes = either(protocols.map(protocol => `${protocol}://`))
      return bad(`${show(hidePassword(value))} is not a URL with ${schemes}`, `write it as ${example}`)
    },
    example,
  )

/** A URL as it may be shown. */
export const hidePassword = (value: string): string => value.replace(/(\/\/[^/@:]*:)[^/@]*@/, '$1***@')
