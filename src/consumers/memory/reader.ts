import type { Fetched, PartitionReader } from '../log.ts'
import type { MemoryPartition } from './partition.ts'

export type MemoryReaderOptions = Readonly<{
  fetchMaxBytes: number
  /** How long a fetch at the log's end waits, in real time; null: until records come, `wake` or `close`. */
  maxWaitMs: number | null
}>

/** `wake` answers a waiting fetch at once, without records. */
export type MemoryReader = PartitionReader & Readonly<{ wake(): void }>

const CLOSED = { kind: 'unavailable', reason: 'the reader was closed' } as const

/** `find` throws while the topic is not there. */
export const createMemoryReader = (find: () => MemoryPartition, options: MemoryReaderOptions): MemoryReader => {
  const answers = new Set<() => void>()
  let closed = false

  const answer = (offset: number): Fetched => {
    if (closed) return CLOSED
    try {
      return find().read(offset, options.fetchMaxBytes)
    } catch (error) {
      return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  const longPoll = (partition: MemoryPartition, offset: number): Promise<Fetched> =>
    new Promise(resolve => {
      const done = () => {
        takeBack()
        answers.delete(done)
        clearTimeout(timer)
        resolve(answer(offset))
      }
      const takeBack = partition.wait(done)
      const timer = options.maxWaitMs === null ? undefined : setTimeout(done, options.maxWaitMs)
      answers.add(done)
    })

  const wake = () => {
    for (const done of [...answers]) done()
  }

  return {
    fetch: async offset => {
      const now = answer(offset)
      return now.kind === 'records' && now.nextOffset() === offset ? longPoll(find(), offset) : now
    },
    fingerprintAt: async offset => find().fingerprintAt(offset),
    range: async () => {
      const partition = find()
      const highOffset = partition.highOffset()
      return { lowOffset: partition.lowOffset(), highOffset, lastStableOffset: highOffset }
    },
    offsetAt: async timeMs => find().offsetAt(timeMs),
    close: async () => {
      closed = true
      wake()
    },
    wake,
  }
}
