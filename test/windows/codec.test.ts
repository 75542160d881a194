import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CODEC_VERSION, decodePart, encodePart, type Part, type PartLayout } from '../../src/windows/codec.ts'

const IDENTITIES = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

const bitsOf = (cells: Float64Array | null): string | null =>
  cells === null ? null : Buffer.from(cells.buffer, cells.byteOffset, cells.byteLength).toString('hex')

const same = (a: Part, b: Part): void => {
  expect([a.asOf, a.onTimeAsOf]).toEqual([b.asOf, b.onTimeAsOf])
  expect(bitsOf(a.onTime)).toBe(bitsOf(b.onTime))
  expect(bitsOf(a.late)).toBe(bitsOf(b.late))
}

const layoutOf = (identities: readonly number[]): PartLayout => ({
  hash: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 255]),
  identities: Float64Array.from(identities),
})

const anyBits = fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))

/** A cell's bits: untouched, a count, any double, or any 64 bits (every NaN there is). */
const cellBits = (identity: number): fc.Arbitrary<Uint8Array> => {
  const bytes = (value: number) => new Uint8Array(Float64Array.of(value).buffer)
  return fc.oneof(
    fc.constant(bytes(identity)),
    fc.nat().map(bytes),
    fc.maxSafeInteger().map(bytes),
    fc.double().map(bytes),
    fc
      .constantFrom(0, -0, Number.NaN, 2 ** 53, 2 ** 53 - 1, 2 ** 60, Number.MIN_VALUE, Number.MAX_VALUE, ...IDENTITIES)
      .map(bytes),
    anyBits.map(words => new Uint8Array(Uint32Array.from(words).buffer)),
  )
}

const cellsOf = (identities: readonly number[]): fc.Arbitrary<Float64Array> =>
  fc.tuple(...identities.map(cellBits)).map(all => {
    const cells = new Float64Array(all.length)
    const target = new Uint8Array(cells.buffer)
    all.forEach((bytes, i) => {
      target.set(bytes, i * 8)
    })
    return cells
  })

/** Without late events it is the same, without on-time ones there is none. */
const onTimeAsOf = (asOf: number, behind: number, onTime: Float64Array | null, late: Float64Array | null): number =>
  onTime === null ? 0 : late === null ? asOf : Math.max(0, asOf - behind)

const anyPart: fc.Arbitrary<{ part: Part; layout: PartLayout }> = fc
  .array(fc.constantFrom(...IDENTITIES), { maxLength: 300 })
  .chain(identities =>
    fc.record({
      layout: fc.constant(layoutOf(identities)),
      part: fc
        .record({
          asOf: fc.maxSafeNat(),
          behind: fc.nat(),
          onTime: fc.option(cellsOf(identities)),
          late: fc.option(cellsOf(identities)),
        })
        .map(({ asOf, behind, onTime, late }) => ({ asOf, onTimeAsOf: onTimeAsOf(asOf, behind, onTime, late), onTime, late })),
    }),
  )

const part = (cells: readonly number[]): Part => ({
  asOf: 7,
  onTimeAsOf: 7,
  onTime: Float64Array.from(cells),
  late: null,
})

describe('codec of a part', () => {
  it('gives every part back bit for bit', () => {
    fc.assert(
      fc.property(anyPart, ({ part, layout }) => {
        const bytes = encodePart(part, layout)
        const decoded = decodePart(bytes, layout)
        if (decoded.kind !== 'part') throw new Error(JSON.stringify(decoded))
        same(decoded.part, part)
      }),
    )
  })

  it('calls bytes that end anywhere too early, or run on, damaged', () => {
    fc.assert(
      fc.property(anyPart, ({ part, layout }) => {
        const bytes = encodePart(part, layout)
        for (let end = 0; end < bytes.length; end++) expect(decodePart(bytes.subarray(0, end), layout).kind).toBe('damaged')
        expect(decodePart(Uint8Array.of(...bytes, 0), layout).kind).toBe('damaged')
      }),
      { numRuns: 30 },
    )
  })

  it('answers any bytes with a value', () => {
    const layout = layoutOf([0, 0, 0, Number.POSITIVE_INFINITY])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (noise, headed) => {
        const bytes = headed ? Uint8Array.of(CODEC_VERSION, ...layout.hash, ...noise) : noise
        expect(['part', 'damaged', 'other-version', 'other-layout']).toContain(decodePart(bytes, layout).kind)
      }),
      { numRuns: 2_000 },
    )
  })

  it('does not depend on where in a buffer the cells or the bytes lie', () => {
    const layout = layoutOf([0, 0, 0])
    const wide = Float64Array.of(9, 1, -0.5, 0, 9)
    const bytes = encodePart({ ...part([]), onTime: wide.subarray(1, 4) }, layout)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const decoded = decodePart(shifted.subarray(3), layout)
    if (decoded.kind !== 'part') throw new Error(decoded.kind)
    same(decoded.part, part([1, -0.5, 0]))
  })

  it('stores nothing for untouched cells and two bytes for a small count', () => {
    const layout = layoutOf(Array.from({ length: 1_000 }, (_, i) => IDENTITIES[i % 3]))
    const untouched = encodePart(part([...layout.identities]), layout)
    expect(untouched.length).toBe(12)
    const cells = [...layout.identities]
    cells[1] = 5
    cells[2] = 127
    expect(encodePart(part(cells), layout).length).toBe(16)
  })

  it('keeps its bytes from release to release', () => {
    const layout = layoutOf([0, 0, Number.POSITIVE_INFINITY, 0])
    const bytes = encodePart(
      { ...part([300, 0, -1.5, 0]), asOf: 1000, onTimeAsOf: 997, late: Float64Array.of(0, 0, Number.POSITIVE_INFINITY, 1) },
      layout,
    )
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '02' + '01020304050607ff' + '03' + 'e807' + '03' + '02ac02' + '05000000000000f8bf' + '00' + '0801' + '00',
    )
  })

  it('names another version and another layout', () => {
    const layout = layoutOf([0])
    const bytes = encodePart(part([1]), layout)
    const other = { ...layout, hash: Uint8Array.from([9, 2, 3, 4, 5, 6, 7, 255]) }
    expect(decodePart(bytes, other)).toEqual({ kind: 'other-layout', hash: '01020304050607ff' })
    expect(decodePart(Uint8Array.of(3, ...bytes.subarray(1)), layout)).toEqual({ kind: 'other-version', version: 3 })
  })

  it('throws on what only a bug can hand it', () => {
    const layout = layoutOf([0, 0])
    expect(() => encodePart(part([1]), layout)).toThrow('1 cells, the layout has 2')
    expect(() => encodePart({ ...part([1, 2]), asOf: -1 }, layout)).toThrow('not an offset')
  })
})
