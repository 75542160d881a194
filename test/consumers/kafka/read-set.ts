import { expect } from 'vitest'
import type { AbortedTransaction } from '../../../src/consumers/kafka/aborted.ts'
import type { Fault } from '../../../src/consumers/kafka/batch-header.ts'
import { readRecordSet } from '../../../src/consumers/kafka/record-set.ts'
import { createRecordBlock, type RecordBlock } from '../../../src/consumers/record-block.ts'
import { type PlainRecord, plainRecords } from '../support.ts'
import { encodeBatch, type TestBatch } from './encode.ts'

export type Read = Readonly<{
  records: readonly PlainRecord[]
  blocks: number
  expectedNext: number
  nextOffset: number
  steppedOver: number
  crc: number | undefined
  headerFault: Fault | undefined
  fault: Fault | undefined
}>

/** Reads a whole set, and checks what must hold of every block. */
export const read = (
  bytes: Buffer,
  {
    asked = 0,
    aborted = [],
    capacity = 4096,
  }: Readonly<{ asked?: number; aborted?: readonly AbortedTransaction[]; capacity?: number }> = {},
): Read => {
  let fault: Fault | undefined
  // The set lies in the middle of a larger answer.
  const answer = Buffer.concat([Buffer.alloc(13, 0xee), bytes, Buffer.alloc(5, 0xee)])
  const set = readRecordSet(
    { bytes: answer, start: 13, end: 13 + bytes.length, askedOffset: asked, aborted },
    () => createRecordBlock(capacity),
    found => {
      fault = found
    },
  )
  const expectedNext = set.nextOffset()
  const records: PlainRecord[] = []
  let blocks = 0
  for (const block of set.blocks) {
    checkBlock(block, capacity)
    records.push(...plainRecords(block))
    blocks++
  }
  for (let i = 1; i < records.length; i++) expect(records[i].offset).toBeGreaterThan(records[i - 1].offset)
  return {
    records,
    blocks,
    expectedNext,
    nextOffset: set.nextOffset(),
    steppedOver: set.steppedOver(),
    crc: set.fingerprint()?.crc,
    headerFault: set.headerFault,
    fault,
  }
}

const checkBlock = (block: RecordBlock, capacity: number): void => {
  expect(block.count).toBeGreaterThan(0)
  expect(block.count).toBeLessThanOrEqual(capacity)
  expect(block.view.byteLength).toBe(block.bytes.length)
  const inside = (start: number, end: number) => start >= 0 && start <= end && end <= block.bytes.length
  for (let i = 0; i < block.count; i++) {
    expect(block.keyStarts[i] === -1 || inside(block.keyStarts[i], block.keyEnds[i])).toBe(true)
    expect(block.valueStarts[i] === -1 || inside(block.valueStarts[i], block.valueEnds[i])).toBe(true)
    expect(inside(block.headerStarts[i], block.headerEnds[i])).toBe(true)
  }
}

export const encodeAll = (batches: readonly TestBatch[]): Buffer => Buffer.concat(batches.map(encodeBatch))
