/** What a process may hold of something, in bytes, over all that hold it. */
export type Budget = Readonly<{
  limitBytes: number
  usedBytes(): number
  isOver(): boolean
  /** A holder's account; parts of one name are added up in `byPart`. */
  part(name: string): BudgetPart
  byPart(): ReadonlyMap<string, number>
}>

export type BudgetPart = Readonly<{
  /** Replaces what this part holds. */
  set(bytes: number): void
  close(): void
}>

export const createBudget = (limitBytes: number): Budget => {
  const totals = new Map<string, number>()
  let used = 0
  return {
    limitBytes,
    usedBytes: () => used,
    isOver: () => used >= limitBytes,
    byPart: () => totals,
    part: name => {
      let held = 0
      const set = (bytes: number): void => {
        used += bytes - held
        totals.set(name, (totals.get(name) ?? 0) + bytes - held)
        held = bytes
      }
      set(0)
      return { set, close: () => set(0) }
    },
  }
}
