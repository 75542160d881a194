import { DEAD_LETTER_ID } from '../../src/consumers/dead-letters.ts'
import { readHeaders } from '../../src/consumers/headers.ts'
import type { Log } from '../../src/consumers/log.ts'
import type { RecordBlock } from '../../src/consumers/record-block.ts'
import type { Alert } from '../../src/windows/alert.ts'
import type { Ledger } from '../../src/windows/store/port.ts'
import type { WindowResult } from '../../src/windows/window-result.ts'

/** What the world can see of a history after its end. */
export type Outcome = Readonly<{
  /** `id revision` to the result, as JSON. */
  windows: ReadonlyMap<string, string>
  /** Alert id to the alert, as JSON. */
  alerts: ReadonlyMap<string, string>
  /** Fingerprint to the id of its last alert: the topic after compaction. */
  alertState: ReadonlyMap<string, string>
  deadLetters: ReadonlySet<string>
  /** By partition, with the offset they reach to. */
  ledgers: readonly (Readonly<Ledger & { offset: number }> | null)[]
  /** What each shard counts, as JSON. */
  numbers: readonly string[]
  /**
   * Shards that left firings out: a node of the store had rolled back behind panes that were deleted. Their windows had left
   * before, but what they gave rise to is gone with it.
   */
  leftOut: ReadonlySet<number>
  /** Repeats that were not equal, and whatever else was seen to be wrong on the way. */
  violations: readonly string[]
}>

/** The id leads, so that nothing must be parsed to tell results apart. */
export const encodeWindowResult = (result: WindowResult): Buffer =>
  Buffer.from(`${result.id} r${result.revision}\n${JSON.stringify(result)}`)

export const encodeAlert = (alert: Alert): Buffer => Buffer.from(`${alert.id}\n${JSON.stringify(alert)}`)

export type Published = Pick<Outcome, 'windows' | 'alerts' | 'alertState' | 'deadLetters' | 'violations'>

export const readPublished = async (
  log: Log,
  topics: Readonly<{ windows: string; alerts: string; deadLetters: string }>,
): Promise<Published> => {
  const violations: string[] = []
  const valuesById = async (
    topic: string,
    seen: (id: string, value: string, key: string) => void,
  ): Promise<Map<string, string>> => {
    const values = new Map<string, string>()
    await readTopic(log, topic, (block, i) => {
      const text = block.bytes.toString('utf8', block.valueStarts[i], block.valueEnds[i])
      const id = text.slice(0, text.indexOf('\n'))
      const value = text.slice(id.length + 1)
      const before = values.get(id)
      if (before === undefined) values.set(id, value)
      else if (before !== value) violations.push(`${topic}: ${id} left with two values:\n  ${before}\n  ${value}`)
      seen(id, value, block.bytes.toString('utf8', block.keyStarts[i], block.keyEnds[i]))
    })
    return values
  }
  const windows = await valuesById(topics.windows, () => {})
  const alertState = new Map<string, string>()
  const alerts = await valuesById(topics.alerts, (id, _, fingerprint) => void alertState.set(fingerprint, id))
  const deadLetters = new Set<string>()
  await readTopic(log, topics.deadLetters, (block, i) => void deadLetters.add(headerOf(block, i, DEAD_LETTER_ID)))
  return { windows, alerts, alertState, deadLetters, violations }
}

const headerOf = (block: RecordBlock, i: number, name: string): string => {
  const { bytes } = block
  const text = (start: number, end: number): string => bytes.toString('utf8', start, end)
  const found = readHeaders(bytes, block.headerStarts[i], block.headerEnds[i])?.find(h => text(h.keyStart, h.keyEnd) === name)
  return found === undefined ? '' : text(found.valueStart, found.valueEnd)
}

const readTopic = async (log: Log, topic: string, visit: (block: RecordBlock, i: number) => void): Promise<void> => {
  const reader = await log.reader({ topic, partition: 0 })
  const { highOffset } = await reader.range()
  for (let offset = 0; offset < highOffset; ) {
    const fetched = await reader.fetch(offset)
    if (fetched.kind !== 'records') throw new Error(`${topic}: ${fetched.kind}`)
    for (const block of fetched.blocks) for (let i = 0; i < block.count; i++) visit(block, i)
    offset = fetched.nextOffset()
  }
  await reader.close()
}
