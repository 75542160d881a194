import type { OutgoingRecord } from '../../src/consumers/log.ts'
import { createMemoryLog } from '../../src/consumers/memory/log.ts'
import type { RecordBlock } from '../../src/consumers/record-block.ts'
import { expectRecords } from './support.ts'

/** One block that holds these records, from offset 0. */
export const blockWith = async (records: readonly OutgoingRecord[]): Promise<RecordBlock> => {
  const log = createMemoryLog({ clock: () => 0 })
  await log.ensureTopics([{ name: 't', partitions: 1, config: {} }], { create: true })
  await (await log.writer()).append('t', records)
  const [block] = expectRecords(await (await log.reader({ topic: 't', partition: 0 })).fetch(0)).blocks
  return block
}
