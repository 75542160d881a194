import type { Fetched, PartitionReader } from '../../src/consumers/log.ts'
import type { RecordBlock } from '../../src/consumers/record-block.ts'

/** A record as a test compares it: copied out of its block. */
export type PlainRecord = Readonly<{
  offset: number
  timestampMs: number
  key: string | null
  value: string | null
  /** The headers' bytes, in hex. */
  headers: string
}>

const text = (block: RecordBlock, start: number, end: number): string | null =>
  start < 0 ? null : block.bytes.toString('latin1', start, end)

export const plainRecords = (block: RecordBlock): readonly PlainRecord[] =>
  Array.from({ length: block.count }, (_, i) => ({
    offset: block.offsets[i],
    timestampMs: block.timestampsMs[i],
    key: text(block, block.keyStarts[i], block.keyEnds[i]),
    value: text(block, block.valueStarts[i], block.valueEnds[i]),
    headers: block.bytes.toString('hex', block.headerStarts[i], block.headerEnds[i]),
  }))

export type Records = Extract<Fetched, { kind: 'records' }>

export const expectRecords = (fetched: Fetched): Records => {
  if (fetched.kind !== 'records') throw new Error(`expected records, got ${JSON.stringify(fetched)}`)
  return fetched
}

export const recordsOf = (fetched: Records): readonly PlainRecord[] => {
  const records: PlainRecord[] = []
  for (const block of fetched.blocks) records.push(...plainRecords(block))
  return records
}

/** Everything in `[from, to)`, by as many fetches as it takes. */
export const readRange = async (reader: PartitionReader, from: number, to: number): Promise<readonly PlainRecord[]> => {
  const records: PlainRecord[] = []
  for (let offset = from; offset < to; ) {
    const fetched = expectRecords(await reader.fetch(offset))
    records.push(...recordsOf(fetched))
    offset = fetched.nextOffset()
  }
  return records
}

/** Something that happens later, as a value to wait for. */
export const signal = (): Readonly<{ happened: Promise<void>; happen: () => void }> => {
  let happen = () => {}
  const happened = new Promise<void>(resolve => {
    happen = resolve
  })
  return { happened, happen: () => happen() }
}

/** Resolves when `check` holds, looking again each time `change` was called. */
export const watched = (): Readonly<{ until: (check: () => boolean) => Promise<void>; change: () => void }> => {
  const waiting = new Set<() => void>()
  return {
    change: () => {
      for (const look of [...waiting]) look()
    },
    until: check =>
      new Promise(resolve => {
        const look = () => {
          if (!check()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}
