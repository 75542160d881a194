import type { FaultKind } from './faults.ts'
import type { Run } from './run.ts'

/** What many histories had in them: a simulation in which nothing happens shows nothing. */
export type Tally = Readonly<{
  add(run: Run): void
  faults(kind: FaultKind): number
  /** Of what was published: `windows`, `revisions`, `firing`, `resolved`, `retracted`, `dead letters`, `too late`. */
  count(what: string): number
  text(): string
}>

export const createTally = (): Tally => {
  const counts = new Map<string, number>()
  const more = (what: string, by = 1): void => void counts.set(what, (counts.get(what) ?? 0) + by)
  return {
    add: ({ struck, events, outcome }) => {
      more('histories')
      if (outcome.leftOut.size > 0) more('histories in which firings were left out')
      more('moments of virtual time', events)
      for (const { fault } of struck) more(`fault ${fault.kind}`)
      more('windows', outcome.windows.size)
      for (const key of outcome.windows.keys()) if (key.endsWith(' r1')) more('revisions')
      for (const alert of outcome.alerts.values()) more((JSON.parse(alert) as { state: string }).state)
      more('dead letters', outcome.deadLetters.size)
      for (const ledger of outcome.ledgers) more('too late', ledger?.tooLate ?? 0)
    },
    faults: kind => counts.get(`fault ${kind}`) ?? 0,
    count: what => counts.get(what) ?? 0,
    text: () => [...counts].map(([what, count]) => `${count} ${what}`).join(', '),
  }
}
