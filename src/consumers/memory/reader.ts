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

export const createMemoryReader = (partition: MemoryPartition, options: MemoryReaderOptions): MemoryReader => {
  const answers = new Set<() => void>()
  let closed = false

  const answer = (offset: number): Fetched => (closed ? CLOSED : partition.read(offset, options.fetchMaxBytes))

  const longPoll = (offset: number): Promise<Fetched> =>
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
    fetch: offset => (!closed && offset === partition.highOffset() ? longPoll(offset) : Promise.resolve(answer(offset))),
    fingerprintAt: async offset => partition.fingerprintAt(offset),
    range: async () => ({
      lowOffset: partition.lowOffset(),
      highOffset: partition.highOffset(),
      lastStableOffset: partition.highOffset(),
    }),
    offsetAt: async timeMs => partition.offsetAt(timeMs),
    close: async () => {
      closed = true
      wake()
    },
    wake,
  }
}
