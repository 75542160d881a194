/**
 * Names that were admitted from the stream itself: models, versions, segment values. The first `limit` distinct names of a
 * scope are admitted, later ones are refused (their events count as `other`, or are skipped): a stream cannot explode the
 * number of series. Admission depends on the partition's log alone; the list belongs to the restart point, so that a replay
 * admits the same names again.
 */
export type Vocabulary = Readonly<{
  /** True if the name is or now becomes part of the scope. */
  admit(scope: string, name: string, limit: number): boolean
  /** In order of admission; entries are `scope` and `name` as a JSON array. Only ever grows: a prefix is an earlier state. */
  entries: readonly string[]
}>

export const createVocabulary = (restored: readonly string[]): Vocabulary => {
  const entries = [...restored]
  const known = new Set(entries)
  const counts = new Map<string, number>()
  for (const entry of entries) {
    const [scope] = JSON.parse(entry) as [string, string]
    counts.set(scope, (counts.get(scope) ?? 0) + 1)
  }
  return {
    entries,
    admit: (scope, name, limit) => {
      const entry = JSON.stringify([scope, name])
      if (known.has(entry)) return true
      const count = counts.get(scope) ?? 0
      if (count >= limit) return false
      counts.set(scope, count + 1)
      known.add(entry)
      entries.push(entry)
      return true
    },
  }
}
