import avro from 'avsc'
import { createRecordBlock } from '../../dist/consumers/record-block.js'
import { frame } from '../../dist/events/avro/frame.js'
import { normals, START_MS, sfc32 } from '../workload.mjs'
import { featureNames, MODEL, SEGMENT } from './setup.mjs'

const ANY_VALUE = ['null', 'double', 'string', 'boolean']

export const schema = {
  type: 'record',
  name: 'Prediction',
  namespace: 'bench',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'time', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'model', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'segments', type: { type: 'map', values: 'string' } },
    { name: 'features', type: { type: 'map', values: ANY_VALUE } },
    { name: 'prediction', type: ANY_VALUE },
    { name: 'latencyMs', type: ['null', 'double'] },
  ],
}

/** Of the time's bytes in a value: after frame and id. */
const TIME_AT = 5 + 1 + 9
const TIME_BYTES = 6
const MIN_TEMPLATES = 4096
/** Events are late by less than this, at random: at a pane's end two are open. */
const DISORDER_MS = 5_000

/**
 * An endless log of one partition, without a broker: records made once, handed over again and again with other times and
 * offsets. Deterministic; every series has as many events. `perMinute` events to a minute of event time.
 */
export const createFeed = ({ series, features, schemaId, perMinute, blockRecords = 4096 }) => {
  const segments = Math.max(1, series - 1)
  const random = sfc32(7)
  const normal = normals(random)
  const names = featureNames(features)
  const type = avro.Type.forSchema(schema, { wrapUnions: false })
  const count = Math.max(MIN_TEMPLATES, Math.ceil((2 * segments) / blockRecords) * blockRecords)
  const order = shuffled(count, random)
  const values = Array.from(order, i =>
    frame(
      schemaId,
      type.toBuffer({
        id: `p${String(i).padStart(8, '0')}`,
        time: START_MS,
        model: MODEL,
        version: '1.4.2',
        segments: series > 1 ? { [SEGMENT]: `c${i % segments}` } : {},
        features: Object.fromEntries(names.map(name => [name, normal()])),
        prediction: normal(),
        latencyMs: Math.exp(3 + 0.7 * normal()),
      }),
    ),
  )
  const blocks = []
  for (let from = 0; from < count; from += blockRecords) blocks.push(blockOf(values.slice(from, from + blockRecords)))
  let offset = 0
  const timeAt = at => START_MS + Math.floor((at * 60_000) / perMinute)

  return {
    /** The next block, as a reader hands it over. */
    next: () => {
      const block = blocks[Math.floor(offset / blockRecords) % blocks.length]
      for (let i = 0; i < block.count; i++, offset++) {
        const inOrderMs = timeAt(offset)
        const timeMs = Math.max(START_MS, inOrderMs - Math.floor(random() * DISORDER_MS))
        block.offsets[i] = offset
        block.timestampsMs[i] = inOrderMs
        putTime(block.bytes, block.valueStarts[i] + TIME_AT, timeMs)
      }
      return block
    },
    offset: () => offset,
    timeMs: () => timeAt(offset),
  }
}

/** As the reader's answer that holds one block. */
export const fetchedOf = block => {
  const nextOffset = block.offsets[block.count - 1] + 1
  return {
    kind: 'records',
    blocks: [block],
    nextOffset: () => nextOffset,
    steppedOver: () => 0,
    fingerprint: () => ({ baseOffset: BigInt(block.offsets[0]), crc: 1 }),
    highWatermark: nextOffset + 1_000_000,
    lastStableOffset: nextOffset + 1_000_000,
  }
}

const shuffled = (count, random) => {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}

const blockOf = values => {
  const block = createRecordBlock(values.length)
  block.bytes = Buffer.concat(values)
  block.view = new DataView(block.bytes.buffer, block.bytes.byteOffset, block.bytes.length)
  block.count = values.length
  let at = 0
  values.forEach((value, i) => {
    block.keyStarts[i] = -1
    block.keyEnds[i] = -1
    block.valueStarts[i] = at
    at += value.length
    block.valueEnds[i] = at
  })
  return block
}

/** Zigzag varint of a time of our days: always six bytes. */
const putTime = (bytes, start, timeMs) => {
  let rest = timeMs * 2
  for (let i = 0; i < TIME_BYTES - 1; i++) {
    bytes[start + i] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  bytes[start + TIME_BYTES - 1] = rest
}
