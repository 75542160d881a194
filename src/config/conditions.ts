import { bad, ok, type Parsed, show } from './problem.ts'

const FORM =
  'write `METRIC above NUMBER`, `METRIC below NUMBER` or `METRIC outside LOW..HIGH`, as in `latency_p95_ms above 250` or `mean(temp) outside 0.2..0.8`'
const CONDITION = /^(\w+)\s*(?:\(\s*(.*?)\s*\))?\s+(above|below|outside)\s+(\S.*)$/
const SYMBOLS: Readonly<Record<string, string>> = { '<': 'below', '<=': 'below', '>': 'above', '>=': 'above' }

/** `mean(temp) below 0.2` as the mapping that it stands for: `{ metric: mean, subject: temp, below: 0.2 }`. */
export const parseCondition = (value: unknown): Parsed<unknown> => {
  if (typeof value !== 'string') return ok(value)
  const text = value.trim()
  const match = CONDITION.exec(text)
  if (!match) {
    const symbol = /^(\w+(?:\s*\(.*?\))?)\s*(<=|>=|<|>)\s*(\S+)$/.exec(text)
    if (symbol)
      return bad(`${show(value)} has a sign where a word belongs`, `write \`${symbol[1]} ${SYMBOLS[symbol[2]]} ${symbol[3]}\``)
    return bad(`${show(value)} is not a condition`, FORM)
  }
  const [, metric, subject, relation, threshold] = match
  return ok({
    metric,
    ...(subject === undefined ? {} : { subject }),
    [relation]: relation === 'outside' ? threshold : numberIn(threshold),
  })
}

/** `0.2..0.8` or `[0.2, 0.8]`. */
export const parseBand = (value: unknown): Parsed<readonly [number, number]> => {
  const parts: readonly unknown[] =
    typeof value === 'string' ? value.split(/\.\.(?!\.)/).map(part => numberIn(part)) : Array.isArray(value) ? value : []
  const [low, high] = parts
  if (parts.length !== 2 || typeof low !== 'number' || typeof high !== 'number')
    return bad(`${show(value)} is not a band of two numbers`, 'write LOW..HIGH or [LOW, HIGH], as in 0.2..0.8')
  return low < high
    ? ok([low, high] as const)
    : bad(`${show(value)} is empty: ${low} is not below ${high}`, 'write the lower number first')
}

/** A number written in a text, else the text as it is: a later check says what is wrong with it. */
const numberIn = (text: string): number | string => {
  const trimmed = text.trim()
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(trimmed) ? Number(trimmed) : trimmed
}
