import { justAbove } from '../reference/adjacent.ts'

/**
 * A run of neighbouring bins as people write an interval: `(12.5, 14.1]`, `(-inf, 12.5]`, `(14.1, +inf)`; with as few digits as
 * tell its ends apart. An edge directly below another one (see the reference's builder) is written as the open end of it:
 * `(-inf, 0)`, `[0, 0.1]`.
 */
export const binName = (edges: ArrayLike<number>, first: number, last: number): string => {
  const low = first === 0 ? null : endOf(edges, first - 1)
  const high = last === edges.length ? null : endOf(edges, last)
  const [lowText, highText] = apart(low?.value ?? null, high?.value ?? null)
  return `${low?.isBelow ? '[' : '('}${lowText}, ${highText}${high === null || high.isBelow ? ')' : ']'}`
}

const endOf = (edges: ArrayLike<number>, index: number): Readonly<{ value: number; isBelow: boolean }> => {
  const isBelow = index + 1 < edges.length && edges[index + 1] === justAbove(edges[index])
  return { value: edges[isBelow ? index + 1 : index], isBelow }
}

const apart = (low: number | null, high: number | null): readonly [string, string] => {
  for (let digits = 3; digits < 17; digits++) {
    const texts = [rounded(low, digits, '-inf'), rounded(high, digits, '+inf')] as const
    if (texts[0] !== texts[1] || low === high) return texts
  }
  return [String(low), String(high)]
}

/** Number's own shortest form of the rounded value: `12.5`, `1e+21`. */
const rounded = (value: number | null, digits: number, open: string): string =>
  value === null ? open : String(Number(value.toPrecision(digits)))
