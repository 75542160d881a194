import { expect } from 'vitest'
import type { Log, OutgoingRecord, TopicPartition } from '../../../src/consumers/log.ts'

/** A log under test, and what the port does not offer. */
export type LogUnderTest = Readonly<{
  log: Log
  /** Another process on the same topics. */
  other: Log
  /** A prefix for this run's topics and groups. */
  prefix: string
  deleteRecords(at: TopicPartition, beforeOffset: number): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** The topic has so many from now on. */
  addPartitions(name: string, partitionCount: number): Promise<void>
  close(): Promise<void>
}>

/** What every part of the contract begins with. */
export type Bench = Readonly<{
  under(): LogUnderTest
  newName(kind: string): string
  newTopic(partitions?: number, config?: Readonly<Record<string, string>>): Promise<string>
  append(topic: string, records: readonly OutgoingRecord[]): Promise<void>
}>

/** Small, so that a few hundred records take several fetches. */
export const FETCH_MAX_BYTES = 16 * 1024

export const createBench = (under: () => LogUnderTest): Bench => {
  let names = 0
  const newName = (kind: string): string => `${under().prefix}-${kind}-${names++}`
  return {
    under,
    newName,
    async newTopic(partitions = 1, config = {}) {
      const name = newName('topic')
      expect(await under().log.ensureTopics([{ name, partitions, replicationFactor: 1, config }], { create: true })).toEqual([])
      return name
    },
    async append(topic, records) {
      const writer = await under().log.writer()
      await writer.append(topic, records)
      await writer.close()
    },
  }
}

export const numbered = (count: number, from = 0): readonly OutgoingRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    key: `k${from + i}`,
    value: Buffer.from(`value ${from + i}`),
    timestampMs: 1000 + from + i,
  }))
