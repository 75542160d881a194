import { describe, expect, test } from 'vitest'
import { deadLetterRecord } from '../../../src/consumers/dead-letters.ts'
import { createMemoryLog } from '../../../src/consumers/memory/log.ts'
import { createBatch } from '../../../src/roles/archive/batch.ts'
import { expectRecords } from '../../consumers/support.ts'

const document = (source: string) => ({ index: 'i', id: 'x', source })

/** Blocks of a log with these values. */
const blockOf = async (...values: readonly string[]) => {
  const log = createMemoryLog({ clock: () => 42 })
  await log.ensureTopics([{ name: 't', partitions: 1, config: {} }], { create: true })
  const writer = await log.writer()
  await writer.append(
    't',
    values.map((value, i) => ({ key: i % 2 === 0 ? `k${i}` : null, value: Buffer.from(value), headers: { n: String(i) } })),
  )
  const fetched = expectRecords(await (await log.reader({ topic: 't', partition: 0 })).fetch(0))
  const [block] = fetched.blocks
  return block
}

describe('a batch', () => {
  test('takes documents up to their number', async () => {
    const block = await blockOf('a', 'b', 'c')
    const batch = createBatch({ maxDocuments: 2, maxBytes: 1e6, maxHeldBytes: 1e9 })
    expect([0, 1, 2].map(i => batch.add(document('{}'), block, i))).toEqual([true, true, false])
    expect(batch.documents).toHaveLength(2)
    batch.clear()
    expect(batch.add(document('{}'), block, 2)).toBe(true)
  })

  test('takes documents up to their bytes in UTF-8, and a first one of any size', async () => {
    const block = await blockOf('a', 'b')
    const batch = createBatch({ maxDocuments: 10, maxBytes: 1_000, maxHeldBytes: 1e9 })
    expect(batch.add(document('é'.repeat(600)), block, 0)).toBe(true)
    expect(batch.add(document('{}'), block, 1)).toBe(false)
    batch.clear()
    expect(batch.add(document('é'.repeat(400)), block, 0)).toBe(true)
    expect(batch.add(document('é'.repeat(400)), block, 1)).toBe(false)
  })

  test('keeps the records as they were, when the block they came in is long overwritten', async () => {
    const values = ['first', '', 'x'.repeat(5_000)]
    const block = await blockOf(...values)
    const at = { topic: 't', partition: 0, reason: 'r', detail: 'd' }
    const expected = values.map((_, i) => deadLetterRecord({ block, i, ...at }))
    const batch = createBatch({ maxDocuments: 10, maxBytes: 1e6, maxHeldBytes: 1e9 })
    for (const i of values.keys()) batch.add(document('{}'), block, i)
    block.bytes.fill(0)
    for (const column of [block.offsets, block.keyStarts, block.valueStarts, block.headerStarts]) column.fill(0)
    expect(values.map((_, i) => deadLetterRecord({ block: batch.records, i, ...at }))).toEqual(expected)
    expect(batch.records.count).toBe(3)
    expect([...batch.records.timestampsMs.subarray(0, 3)]).toEqual([42, 42, 42])
  })

  test('takes no more than the memory it may hold, records and their headers included', async () => {
    const block = await blockOf('x'.repeat(500), 'x'.repeat(500))
    const batch = createBatch({ maxDocuments: 10, maxBytes: 1e6, maxHeldBytes: 3_000 })
    expect(batch.heldBytes()).toBe(0)
    expect(batch.add(document('{}'), block, 0)).toBe(true)
    const one = batch.heldBytes()
    expect(one).toBeGreaterThan(2 * 2 + 3 * 500)
    expect(batch.add(document('{}'), block, 1)).toBe(false)
    expect(batch.heldBytes()).toBe(one)
    batch.clear()
    expect([batch.heldBytes(), batch.records.bytes.length]).toEqual([0, 0])
  })
})
