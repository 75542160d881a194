import type { Dependency, Health } from '../sinks/readiness.ts'

/** What readiness asks: one line for each dependency and role, from the moment the process serves. */
export type HealthBoard = Readonly<{
  dependencies: readonly Dependency[]
  /** From now on this is asked. */
  watch(name: string, check: () => Promise<Health>): void
  /** Why it cannot be had yet; holds until it has arrived. */
  waiting(name: string, reason: string): void
  /** It is there: what was waited for no longer counts. */
  arrived(name: string): void
}>

export const createHealthBoard = (names: readonly string[]): HealthBoard => {
  const checks = new Map<string, () => Promise<Health>>(
    names.map(name => [name, async () => ({ kind: 'down', reason: 'starting' })]),
  )
  const reasons = new Map<string, string>()
  const check = async (name: string): Promise<Health> => {
    const reason = reasons.get(name)
    if (reason !== undefined) return { kind: 'down', reason }
    return (await checks.get(name)?.()) ?? { kind: 'ok' }
  }
  return {
    dependencies: names.map(name => ({ name, check: () => check(name) })),
    watch: (name, ask) => void checks.set(name, ask),
    waiting: (name, reason) => void reasons.set(name, reason),
    arrived: name => void reasons.delete(name),
  }
}
