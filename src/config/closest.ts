import { either } from './problem.ts'

/** Edits (insert, delete, replace, swap of neighbours) from a to b: optimal string alignment. */
export const editDistance = (a: string, b: string): number => {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], beforeLast[j - 2] + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_\s]/g, '')

/** The name that was probably meant: it begins with this, or differs in a third of its letters; null when none is close. */
export const closestName = (name: string, known: Iterable<string>): string | null => {
  let best: string | null = null
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    if (name.length >= 3 && plain(candidate).startsWith(plain(name))) return candidate
    const distance = plain(candidate) === plain(name) ? 0 : editDistance(plain(name), plain(candidate))
    const shorter = Math.min(name.length, candidate.length)
    if (distance < bestDistance && distance < shorter && distance <= Math.max(1, Math.floor(shorter / 3))) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** The cure for a name that is not known: the closest one, else those there are. */
export const suggest = (name: string, known: readonly string[], ifNone = 'there is none'): string => {
  const closest = closestName(name, known)
  if (closest !== null) return `did you mean \`${closest}\`?`
  if (known.length === 0) return ifNone
  return known.length > 30 ? `known are ${either(known.slice(0, 30))} and ${known.length - 30} more` : `use ${either(known)}`
}
