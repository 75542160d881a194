import type { Meters } from './meters.ts'

/** As much of a budget as this process uses now, in bytes; see budget.ts. */
export type WatchedBudget = Readonly<{ limitBytes: number; byPart(): ReadonlyMap<string, number> }>

export type ResourceMetrics = Readonly<{
  dependency(name: string, up: boolean): void
  /** Shows a budget and what is used of it, part by part, at each scrape. */
  watchBudget(name: string, budget: WatchedBudget): void
}>

export const createResourceMetrics = ({ gauge, gaugeAtScrape }: Meters): ResourceMetrics => {
  const up = gauge('dependency_up', 'Whether the dependency answered last time: 1 or 0.', ['dependency'])
  const budgets = new Map<string, WatchedBudget>()
  gaugeAtScrape('budget_limit_bytes', 'What this process may hold before it pauses reading.', ['budget'], limits => {
    for (const [name, { limitBytes }] of budgets) limits.set({ budget: name }, limitBytes)
  })
  gaugeAtScrape('budget_used_bytes', 'What this process holds of a budget, by what holds it.', ['budget', 'part'], used => {
    for (const [name, budget] of budgets) for (const [part, bytes] of budget.byPart()) used.set({ budget: name, part }, bytes)
  })
  return {
    dependency: (name, isUp) => up.set({ dependency: name }, isUp ? 1 : 0),
    watchBudget: (name, budget) => void budgets.set(name, budget),
  }
}
