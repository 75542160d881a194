// The limit of one Node process on the standard workload: one connection, raw fetch answers walked byte by byte, numbers folded
// into bins, sums and squares in memory. It leaves out everything that makes a product: bad input, other schemas, compression,
// checksums, transactions, late events, checkpoints, results, a second broker.
// node bench/limit.mjs SHAPE [PASSES]
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { meter } from './meter.mjs'
import { servers } from './servers.mjs'
import { BINS, EVENTS, FEATURES, normalEdges, PARTITIONS, TOPICS, WINDOW_MS } from './workload.mjs'

const require = createRequire(import.meta.url)
const Cluster = require('kafkajs/src/cluster')
const socketFactory = require('kafkajs/src/network/socketFactory')
const { createLogger } = require('kafkajs/src/loggers')
const logToConsole = require('kafkajs/src/loggers/console')
const fetchRequest = require('kafkajs/src/protocol/requests/fetch/v11/request')

const F = FEATURES.length
const MAX_BYTES_PER_PARTITION = 1 << 20
const HEADER_BYTES = 61
const UNDECODED = { decode: async raw => raw, parse: async raw => raw }

/** Reads the whole topic of a shape; the measured part begins after the first 100,000 events. */
export const runLimit = async (brokers, shape) => {
  const topic = TOPICS[shape]
  const broker = await connect(brokers, topic)
  const { fold, read, windows } = folding(shape === 'typed')
  const offsets = new Array(PARTITIONS).fill(0)
  const measured = meter()
  const fetch = () => broker.connectionPool.send({ request: requestOf(topic, offsets), response: UNDECODED })
  let pending = fetch()
  while (read() < EVENTS) {
    const answer = await pending
    // offsets rise while walking, so the next answer is asked for afterwards: this one is folded while nothing is under way
    walk(answer, offsets, fold)
    measured.at(read())
    if (read() < EVENTS) pending = fetch()
  }
  const result = measured.end(read())
  return { ...result, windows: windows.size }
}

const connect = async (brokers, topic) => {
  const cluster = new Cluster({
    logger: createLogger({ level: 1, logCreator: logToConsole }),
    retry: {},
    offsets: new Map(),
    socketFactory: socketFactory(),
    brokers,
    clientId: 'bench-limit',
    connectionTimeout: 1000,
    requestTimeout: 30_000,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
  })
  await cluster.connect()
  await cluster.addMultipleTargetTopics([topic])
  const leaders = cluster.findLeaderForPartitions(topic, offsetsOf(PARTITIONS))
  return cluster.findBroker({ nodeId: Object.keys(leaders)[0] })
}

const offsetsOf = count => Array.from({ length: count }, (_, i) => i)

const requestOf = (topic, offsets) =>
  fetchRequest({
    replicaId: -1,
    maxWaitTime: 250,
    minBytes: 1,
    maxBytes: PARTITIONS * MAX_BYTES_PER_PARTITION,
    isolationLevel: 1,
    topics: [
      {
        topic,
        partitions: offsets.map((offset, partition) => ({
          partition,
          fetchOffset: String(offset),
          maxBytes: MAX_BYTES_PER_PARTITION,
        })),
      },
    ],
  })

let pos = 0
const varint = bytes => {
  let byte = bytes[pos++]
  if (byte < 128) return (byte >>> 1) ^ -(byte & 1)
  let value = byte & 127
  for (let shift = 7; byte > 127; shift += 7) {
    byte = bytes[pos++]
    value += shift < 28 ? (byte & 127) << shift : (byte & 127) * 2 ** shift
  }
  return value % 2 ? -(value + 1) / 2 : value / 2
}
const skipVarint = bytes => {
  while (bytes[pos++] > 127);
}
const skipText = bytes => {
  const length = varint(bytes) // moves pos: not to be added to an earlier reading of it
  pos += length
}

/** A Fetch v11 answer: topics, partitions, batches, records; raises `offsets`. */
const walk = (bytes, offsets, fold) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 10
  const topics = bytes.readInt32BE(at)
  at += 4
  for (let t = 0; t < topics; t++) {
    at += 2 + bytes.readInt16BE(at)
    const partitions = bytes.readInt32BE(at)
    at += 4
    for (let p = 0; p < partitions; p++) {
      const partition = bytes.readInt32BE(at)
      const error = bytes.readInt16BE(at + 4)
      if (error !== 0) throw new Error(`partition ${partition} answers error ${error}`)
      const aborted = Math.max(0, bytes.readInt32BE(at + 30))
      const size = bytes.readInt32BE(at + 38 + aborted * 16)
      at += 42 + aborted * 16
      walkBatches(bytes, view, at, at + size, partition, offsets, fold)
      at += size
    }
  }
}

const walkBatches = (bytes, view, start, end, partition, offsets, fold) => {
  for (let at = start; at + 12 <= end; ) {
    const base = Number(bytes.readBigInt64BE(at))
    const next = at + 12 + bytes.readInt32BE(at + 8)
    if (next > end) return
    const count = bytes.readInt32BE(at + 57)
    pos = at + HEADER_BYTES
    for (let i = 0; i < count; i++) {
      const length = varint(bytes)
      const recordEnd = pos + length
      pos++
      skipVarint(bytes)
      const offset = base + varint(bytes)
      const keyLength = varint(bytes)
      if (keyLength > 0) pos += keyLength
      const valueLength = varint(bytes)
      if (offset >= offsets[partition]) fold(bytes, view, pos, pos + valueLength)
      pos = recordEnd
    }
    offsets[partition] = base + bytes.readInt32BE(at + 23) + 1
    at = next
  }
}

/** The decoder and the windows, for the workload's schema and nothing else. */
const folding = typed => {
  const edges = Float64Array.from(normalEdges())
  const binOf = createBinOf(edges)
  const windows = new Map()
  const models = []
  const keys = []
  const values = new Float64Array(F)
  const present = new Uint8Array(F)
  let expected = 0
  let events = 0

  const windowOf = (model, window) => {
    const key = window * 8 + model
    let found = windows.get(key)
    if (found === undefined) {
      const cells = count => new Float64Array(count)
      found = {
        bins: new Uint32Array(F * BINS),
        sums: cells(F * BINS),
        n: cells(F),
        squares: cells(F),
        latency: new Uint32Array(1024),
      }
      windows.set(key, Object.assign(found, { events: 0, errors: 0, nulls: 0 }))
    }
    return found
  }

  const readKey = (bytes, length) => {
    const key = keys[expected]
    if (key !== undefined && key.length === length) {
      let i = 0
      while (i < length && key[i] === bytes[pos + i]) i++
      if (i === length) {
        const feature = expected
        expected = (expected + 1) % keys.length
        return feature
      }
    }
    const feature = intern(keys, bytes, pos, length)
    expected = (feature + 1) % keys.length
    return feature
  }

  const readMap = (bytes, view) => {
    present.fill(0)
    for (let count = varint(bytes); count !== 0; count = varint(bytes)) {
      if (count < 0) skipVarint(bytes)
      for (let i = Math.abs(count); i > 0; i--) {
        const length = varint(bytes)
        const feature = readKey(bytes, length)
        pos += length
        const branch = bytes[pos++] >> 1
        if (branch === 1) {
          values[feature] = view.getFloat64(pos, true)
          present[feature] = 1
          pos += 8
        } else if (branch === 2) skipText(bytes)
        else if (branch === 3) pos++
      }
    }
  }

  const readRecord = view => {
    for (let i = 0; i < F; i++, pos += 8) values[i] = view.getFloat64(pos, true)
    present.fill(1)
  }

  /** `bytes[start, end)` is a value in Confluent's wire format. */
  const fold = (bytes, view, start, end) => {
    pos = start + 5
    skipText(bytes) // id
    const timeMs = varint(bytes)
    const nameLength = varint(bytes)
    const model = intern(models, bytes, pos, nameLength)
    pos += nameLength
    skipText(bytes) // version
    if (typed) readRecord(view)
    else readMap(bytes, view)
    const branch = bytes[pos++] >> 1
    if (branch === 1) pos += 8
    else if (branch === 2) skipText(bytes)
    else if (branch === 3) pos++
    let latencyMs = -1
    if (bytes[pos++] >> 1 === 1) {
      latencyMs = view.getFloat64(pos, true)
      pos += 8
    }
    const isError = bytes[pos++] >> 1 === 1
    if (isError) skipText(bytes)
    if (pos !== end) throw new Error('a value was not read to its end')

    const window = windowOf(model, Math.floor(timeMs / WINDOW_MS))
    events++
    window.events++
    if (branch === 0) window.nulls++
    if (isError) window.errors++
    if (latencyMs >= 0) window.latency[latencyBucket(latencyMs)]++
    const { bins, sums, n, squares } = window
    for (let f = 0; f < F; f++) {
      if (present[f] === 0) continue
      const value = values[f]
      const bin = f * BINS + binOf(value)
      bins[bin]++
      sums[bin] += value
      n[f]++
      squares[f] += value * value
    }
  }
  return { fold, read: () => events, windows }
}

const intern = (table, bytes, start, length) => {
  for (let i = 0; i < table.length; i++) {
    const known = table[i]
    let j = known.length === length ? 0 : -1
    while (j >= 0 && j < length && known[j] === bytes[start + j]) j++
    if (j === length) return i
  }
  table.push(Buffer.from(bytes.subarray(start, start + length)))
  return table.length - 1
}

const latencyBucket = ms => (ms <= 0 ? 0 : Math.min(1023, ((Math.log2(ms) + 5) * 50) | 0))

/** A table of 1024 cells says near which edge to look. */
const createBinOf = edges => {
  const lowest = edges[0]
  const highest = edges[edges.length - 1]
  const scale = 1024 / (highest - lowest)
  const firsts = new Uint8Array(1025)
  for (let cell = 0; cell <= 1024; cell++) {
    let edge = 0
    while (edge < edges.length && edges[edge] < lowest + cell / scale) edge++
    firsts[cell] = Math.max(0, edge - 1)
  }
  return value => {
    if (!(value > lowest)) return 0
    if (value > highest) return edges.length
    let bin = firsts[((value - lowest) * scale) | 0]
    while (edges[bin] < value) bin++
    return bin
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { brokers } = await servers()
  const [shape, passes = '1'] = process.argv.slice(2)
  for (let pass = 1; pass <= Number(passes); pass++)
    console.log(JSON.stringify({ stage: 'limit', shape, pass, ...(await runLimit(brokers, shape)) }))
  process.exit(0) // kafkajs's connections would keep it alive
}
