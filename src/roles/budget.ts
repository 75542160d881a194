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
  heldBytes(): number
  /**
   * Holds so many bytes more as soon as they fit, and `spareBytes` beside them; false: told to stop before that. What alone is
   * larger than the limit fits when nothing else is held.
   */
  acquire(bytes: number, signal: AbortSignal, options?: AcquireOptions): Promise<boolean>
  close(): void
}>

export type AcquireOptions = Readonly<{
  /**
   * Room that must be left, for those who hold something already and need more to be done with it. Who leaves less goes first;
   * among equals, who came first.
   */
  spareBytes?: number
  /** One part of this name may hold something whatever the limit says: so there is always one that gets done. */
  oneAlways?: boolean
  /** It does not fit now. */
  onWait?: () => void
}>

type Waiter = Readonly<{ spareBytes: number; fits: () => boolean; admit: () => void }>

export const createBudget = (limitBytes: number): Budget => {
  const totals = new Map<string, number>()
  const waiters: Waiter[] = []
  let used = 0

  const admitWaiters = (): void => {
    for (let [first] = waiters; first?.fits(); [first] = waiters) {
      waiters.shift()
      first.admit()
    }
  }

  const wait = ({ spareBytes, fits, admit }: Waiter, signal: AbortSignal): Promise<boolean> =>
    new Promise(resolve => {
      const settle = (admitted: boolean): void => {
        signal.removeEventListener('abort', give)
        if (admitted) admit()
        resolve(admitted)
      }
      const waiter = { spareBytes, fits, admit: () => settle(true) }
      const give = (): void => {
        waiters.splice(waiters.indexOf(waiter), 1)
        settle(false)
        admitWaiters()
      }
      signal.addEventListener('abort', give)
      const behind = waiters.findIndex(other => other.spareBytes > spareBytes)
      waiters.splice(behind < 0 ? waiters.length : behind, 0, waiter)
    })

  const part = (name: string): BudgetPart => {
    let held = 0
    const set = (bytes: number): void => {
      const isLess = bytes < held
      used += bytes - held
      totals.set(name, (totals.get(name) ?? 0) + bytes - held)
      held = bytes
      if (isLess) admitWaiters()
    }
    set(0)
    return {
      set,
      heldBytes: () => held,
      acquire: async (bytes, signal, { spareBytes = 0, oneAlways = false, onWait = () => {} } = {}) => {
        if (signal.aborted) return false
        const admit = (): void => set(held + bytes)
        const fits = (): boolean => used === 0 || used + bytes + spareBytes <= limitBytes || (oneAlways && totals.get(name) === 0)
        const isFirst = waiters.length === 0 || waiters[0].spareBytes > spareBytes
        if (!isFirst || !fits()) {
          onWait()
          return wait({ spareBytes, fits, admit }, signal)
        }
        admit()
        return true
      },
      close: () => set(0),
    }
  }

  return { limitBytes, usedBytes: () => used, isOver: () => used >= limitBytes, byPart: () => totals, part }
}
