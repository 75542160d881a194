import type { Reference } from './reference.ts'

/** JSON without spaces, keys of every object in code-unit order: equal content, equal text. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`
}

/** `sha256Hex` (of UTF-8 text, lower-case hex) is an argument: the core has no crypto of its own. */
export const referenceVersion = (content: Omit<Reference, 'version'>, sha256Hex: (text: string) => string): string =>
  sha256Hex(canonicalJson(content)).slice(0, 12)
