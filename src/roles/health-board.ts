import type { Dependency, Health } from '../sinks/readiness.ts'

/** What readiness asks: one line for each dependency and role, from the moment the process serves. */
export type HealthBoard = Readonly<{
  dependencies: readonly Dependency[]
  /** From now on this is asked; before, the line says what is waited for. */
  watch(name: string, check: () => Promise<Health>): void
  /** Why it cannot be had yet. */
  waiting(name: string, reason: string): void
}>

export const createHealthBoard = (names: readonly string[]): HealthBoard => {
  const checks = new Map<string, () => Promise<Health>>(
    names.map(name => [name, async () => ({ kind: 'down', reason: 'starting' })]),
  )
  return {
    dependencies: names.map(name => ({ name, check: () => checks.get(name)?.() ?? Promise.resolve({ kind: 'ok' }) })),
    watch: (name, check) => void checks.set(name, check),
    waiting: (name, reason) => void checks.set(name, async () => ({ kind: 'down', reason })),
  }
}
