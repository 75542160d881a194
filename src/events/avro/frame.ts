/** Confluent's wire format: a zero, the schema id in four bytes (big endian), the Avro bytes. */
export const FRAME_BYTES = 5

export const frame = (schemaId: number, payload: Buffer): Buffer => {
  const framed = Buffer.allocUnsafe(FRAME_BYTES + payload.length)
  framed[0] = 0
  framed.writeInt32BE(schemaId, 1)
  payload.copy(framed, FRAME_BYTES)
  return framed
}

/** null when the bytes are not framed. The payload shares the bytes' memory. */
export const unframe = (bytes: Buffer): Readonly<{ schemaId: number; payload: Buffer }> | null =>
  bytes.length < FRAME_BYTES || bytes[0] !== 0 ? null : { schemaId: bytes.readInt32BE(1), payload: bytes.subarray(FRAME_BYTES) }
