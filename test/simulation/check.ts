import type { History } from './history.ts'
import type { Outcome } from './outcome.ts'

/** What is wrong with a history's outcome, held against one that nothing disturbed; empty: nothing. */
export const problemsOf = (outcome: Outcome, undisturbed: Outcome, history: History): readonly string[] => [
  ...outcome.violations,
  ...mapDifferences('window', outcome.windows, undisturbed.windows),
  ...(outcome.leftOut.size > 0 ? [] : mapDifferences('alert', outcome.alerts, undisturbed.alerts)),
  ...(outcome.leftOut.size > 0 ? [] : mapDifferences('alert state', outcome.alertState, undisturbed.alertState)),
  ...setDifferences('dead letter', outcome.deadLetters, undisturbed.deadLetters),
  ...ledgerProblems(outcome, history),
  ...listDifferences(
    'ledger of partition',
    outcome.ledgers.map(ledger => JSON.stringify(ledger)),
    undisturbed.ledgers.map(ledger => JSON.stringify(ledger)),
  ),
  ...listDifferences('numbers of shard', kept(outcome.numbers, outcome), kept(undisturbed.numbers, outcome)),
]

const kept = (numbers: readonly string[], { leftOut }: Outcome): readonly string[] =>
  numbers.map((text, shard) => (leftOut.has(shard) ? 'left out' : text))

const mapDifferences = (
  what: string,
  is: ReadonlyMap<string, string>,
  should: ReadonlyMap<string, string>,
): readonly string[] => [
  ...[...should].flatMap(([id, value]) => {
    const found = is.get(id)
    if (found === undefined) return [`${what} ${id} is missing`]
    return found === value ? [] : [`${what} ${id} is\n  ${found}\nnot\n  ${value}`]
  }),
  ...[...is.keys()].filter(id => !should.has(id)).map(id => `${what} ${id} should not be there`),
]

const setDifferences = (what: string, is: ReadonlySet<string>, should: ReadonlySet<string>): readonly string[] => [
  ...[...should].filter(id => !is.has(id)).map(id => `${what} ${id} is missing`),
  ...[...is].filter(id => !should.has(id)).map(id => `${what} ${id} should not be there`),
]

const listDifferences = (what: string, is: readonly string[], should: readonly string[]): readonly string[] =>
  should.flatMap((value, i) => (is[i] === value ? [] : [`${what} ${i} is\n  ${is[i]}\nnot\n  ${value}`]))

/** Every record of the log is in exactly one category. */
const ledgerProblems = ({ ledgers }: Outcome, { deliveries }: History): readonly string[] =>
  ledgers.flatMap((ledger, partition) => {
    if (ledger === null) return [`partition ${partition} has no ledger`]
    const records = deliveries.filter(d => d.partition === partition).reduce((sum, d) => sum + d.events.length, 1)
    const { read, inWindows, tooLate, deadLettered, skipped, offset } = ledger
    const isBalanced = read === inWindows + tooLate + deadLettered + skipped && read === records && offset === records
    return isBalanced ? [] : [`partition ${partition} holds ${records} records, its ledger says ${JSON.stringify(ledger)}`]
  })
