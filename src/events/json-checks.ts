import type { FeatureValue } from './prediction.ts'

/** A field that is not what it must be. Thrown by checks, and made a value by who called them. */
export class FieldProblem extends Error {
  override readonly name = 'FieldProblem'
  readonly field: string

  constructor(field: string, value: unknown, expected: string) {
    super(
      value === undefined ? `${field} is missing; it must be ${expected}` : `${field} is ${show(value)}; it must be ${expected}`,
    )
    this.field = field
  }
}

/** A value as people write it, cut to a length that fits a line. */
export const show = (value: unknown): string => {
  const text = typeof value === 'number' ? String(value) : asJson(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** What is nested thousands deep can be parsed, but exhausts the stack when it is written. */
const asJson = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return 'nested too deep to be shown'
  }
}

type Check<T> = (value: unknown, field: string) => T

const text: Check<string> = (value, field) => {
  if (typeof value === 'string') return value
  throw new FieldProblem(field, value, typeof value === 'number' ? `a string: "${value}"` : 'a string')
}

const number: Check<number> = (value, field) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new FieldProblem(field, value, 'a number')
}

const int: Check<number> = (value, field) => {
  if (typeof value === 'number' && (value | 0) === value) return value
  throw new FieldProblem(field, value, 'a whole number of at most 32 bits')
}

const boolean: Check<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value
  throw new FieldProblem(field, value, 'true or false')
}

const scalar: Check<null | number | string | boolean> = (value, field) => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new FieldProblem(field, value, 'null, a number, a string, true or false')
}

const featureValue: Check<FeatureValue> = (value, field) => {
  if (!Array.isArray(value)) return scalarFeature(value, field)
  for (let i = 0; i < value.length; i++) number(value[i], `${field}[${i}]`)
  return value as readonly number[]
}

const scalarFeature: Check<FeatureValue> = (value, field) => {
  if (typeof value !== 'object' || value === null) return scalar(value, field)
  throw new FieldProblem(field, value, 'null, a number, a string, true, false, or an array of numbers')
}

const object: Check<Readonly<Record<string, unknown>>> = (value, field) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new FieldProblem(field, value, 'an object')
}

const nullable = <T>(value: unknown, field: string, check: Check<T>): T | null =>
  value === null || value === undefined ? null : check(value, field)

const oneOf = <T extends string>(value: unknown, field: string, words: readonly T[]): T => {
  const found = words.find(word => word === value)
  if (found === undefined) throw new FieldProblem(field, value, `one of ${words.join(', ')}`)
  return found
}

const mapOf = <T>(value: unknown, field: string, check: Check<T>): Readonly<Record<string, T>> => {
  const map = object(value, field)
  for (const key of Object.keys(map)) check(map[key], `${field}.${key}`)
  return map as Readonly<Record<string, T>>
}

/** Checks that give back what they were given make a map; an array's checks may make something new of each item. */
const arrayOf = <T>(value: unknown, field: string, check: Check<T>): readonly T[] => {
  if (!Array.isArray(value)) throw new FieldProblem(field, value, 'an array')
  return value.map((item, i) => check(item, `${field}[${i}]`))
}

export const Checks = { text, number, int, boolean, scalar, featureValue, object, nullable, oneOf, mapOf, arrayOf } as const
