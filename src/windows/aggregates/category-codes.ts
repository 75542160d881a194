import type { TextInterner } from '../../events/interner.ts'

/**
 * From an event's value to its position in a vocabulary, or to `unseen`, the position after the last. Text is looked up once
 * per code and generation of an interner (each decoder has its own), numbers once per value.
 */
export type CategoryCodes = Readonly<{
  unseen: number
  /** [position of "false", position of "true"]. */
  booleans: readonly [number, number]
  /** Position + 1 by the interner's code, 0 where not yet looked up; long enough for every code the interner holds now. */
  byCode(texts: TextInterner): Int32Array
  ofText(text: string): number
  ofNumber(value: number): number
}>

/** Distinct numbers remembered before the memory starts over. */
const MAX_NUMBERS = 4096

export const createCategoryCodes = (vocabulary: readonly string[]): CategoryCodes => {
  const positions = new Map(vocabulary.map((value, position) => [value, position]))
  const unseen = vocabulary.length
  const caches = new WeakMap<TextInterner, { generation: number; codes: Int32Array }>()
  const numbers = new Map<number, number>()
  const ofText = (text: string): number => positions.get(text) ?? unseen

  return {
    unseen,
    booleans: [ofText('false'), ofText('true')],
    byCode: texts => {
      let cache = caches.get(texts)
      if (cache === undefined) {
        cache = { generation: texts.generation, codes: new Int32Array(256) }
        caches.set(texts, cache)
      }
      if (cache.generation !== texts.generation) {
        cache.generation = texts.generation
        cache.codes.fill(0)
      }
      if (cache.codes.length < texts.size) {
        const longer = new Int32Array(2 ** Math.ceil(Math.log2(texts.size)))
        longer.set(cache.codes)
        cache.codes = longer
      }
      return cache.codes
    },
    ofText,
    ofNumber: value => {
      const known = numbers.get(value)
      if (known !== undefined) return known
      const position = ofText(String(value))
      if (numbers.size >= MAX_NUMBERS) numbers.clear()
      numbers.set(value, position)
      return position
    },
  }
}
