import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTextInterner } from '../../src/events/interner.ts'

const intern = (interner: ReturnType<typeof createTextInterner>, text: string): number => {
  const bytes = Buffer.from(`<${text}>`)
  return interner.intern(bytes, 1, bytes.length - 1)
}

const texts = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('', 'a', 'ab', 'abc', 'abcd', 'abcde'))

describe('the text interner', () => {
  test('gives equal texts one code and different texts different codes, and each text back', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 1000, size: 'max' }), all => {
        const interner = createTextInterner()
        const codes = new Map<string, number>()
        const again = all.filter(text => {
          const code = intern(interner, text)
          const known = codes.get(text) ?? code
          codes.set(text, code)
          return known !== code || interner.code(text) !== code
        })
        expect(again).toEqual([])
        expect(new Set(codes.values()).size).toBe(codes.size)
        expect([...codes.values()].map(code => interner.text(code))).toEqual([...codes.keys()])
        expect(interner.size).toBe(codes.has('') ? codes.size : codes.size + 1)
      }),
      { numRuns: 30 },
    )
  })

  test('has the empty text at code 0 from the start', () => {
    const interner = createTextInterner()
    expect([interner.size, interner.code(''), interner.text(0), intern(interner, '')]).toEqual([1, 0, '', 0])
  })

  test('holds a hundred thousand texts, long ones among them', () => {
    const interner = createTextInterner()
    const text = (i: number): string => (i % 1000 === 0 ? `${i}-${'x'.repeat(5000)}` : `category-${i}`)
    const codes = Int32Array.from({ length: 100_000 }, (_, i) => intern(interner, text(i)))
    expect(codes.every((code, i) => code === i + 1)).toBe(true)
    for (let i = 0; i < 100_000; i += 777) expect(interner.text(interner.code(text(i)))).toBe(text(i))
    expect(interner.size).toBe(100_001)
  })

  test('forgets all but the empty text when cleared, and says so by its generation', () => {
    const interner = createTextInterner()
    const [a, b] = ['a', 'b'].map(text => intern(interner, text))
    expect(interner.text(a)).toBe('a')
    interner.clear()
    expect([interner.generation, interner.size, interner.text(0)]).toEqual([1, 1, ''])
    expect(() => interner.text(b)).toThrow('generation 1')
    expect(intern(interner, 'b')).toBe(a)
    expect(interner.text(a)).toBe('b')
  })

  test('tells bytes apart that are not UTF-8, though they read the same', () => {
    const interner = createTextInterner()
    const codes = [0xfe, 0xff].map(byte => interner.intern(Buffer.from([byte]), 0, 1))
    expect(codes[0]).not.toBe(codes[1])
    expect(codes.map(code => interner.text(code))).toEqual(['\uFFFD', '\uFFFD'])
  })

  test('keeps nothing of the buffer that it read from', () => {
    const interner = createTextInterner()
    const bytes = Buffer.from('fraud')
    const code = interner.intern(bytes, 0, 5)
    bytes.fill(0)
    expect(interner.text(code)).toBe('fraud')
  })
})
