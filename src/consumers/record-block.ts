/**
 * Records of one partition as byte ranges of a fetched (or decompressed) buffer: no object per record.
 *
 * Column `i` of every array describes record `i`, `0 <= i < count`; offsets rise strictly. The arrays may be longer than
 * `count` and are reused by whoever fills them: a reader must be done with a block before it asks for the next.
 * Offsets are exact as doubles below 2^53, which a partition at ten million records a second reaches after 28 years; at the
 * edges (Kafka requests, stored state, alerts) they are bigint or decimal strings.
 */
export type RecordBlock = {
  bytes: Buffer
  /** Over the same memory as `bytes`, index 0 at its first byte. */
  view: DataView
  count: number
  offsets: Float64Array
  /** Milliseconds since the epoch: the broker's append time where the topic has LogAppendTime, else the producer's. */
  timestampsMs: Float64Array
  /** -1 where the key is null. */
  keyStarts: Int32Array
  keyEnds: Int32Array
  /** -1 where the value is null (a tombstone or a watermark marker, see marker.ts). */
  valueStarts: Int32Array
  valueEnds: Int32Array
  /** The headers' bytes, beginning with their varint count (Kafka record format v2). */
  headerStarts: Int32Array
  headerEnds: Int32Array
}

export const createRecordBlock = (capacity: number): RecordBlock => {
  const bytes = Buffer.alloc(0)
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, 0),
    count: 0,
    offsets: new Float64Array(capacity),
    timestampsMs: new Float64Array(capacity),
    keyStarts: new Int32Array(capacity),
    keyEnds: new Int32Array(capacity),
    valueStarts: new Int32Array(capacity),
    valueEnds: new Int32Array(capacity),
    headerStarts: new Int32Array(capacity),
    headerEnds: new Int32Array(capacity),
  }
}
