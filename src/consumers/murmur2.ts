/**
 * The hash of Kafka's default partitioner: MurmurHash2, 32 bits, with Kafka's seed
 * (org.apache.kafka.common.utils.Utils#murmur2). A record with the same key lands in the same partition whether a Java
 * producer, Tidemark or its in-memory twin wrote it.
 */
const SEED = 0x9747b28c
const M = 0x5bd1e995

/** Of `bytes[start, end)`; a signed 32-bit integer, as Java's. */
export const murmur2 = (bytes: Uint8Array, start = 0, end = bytes.length): number => {
  const length = end - start
  let h = SEED ^ length
  const wordsEnd = start + (length & ~3)
  for (let i = start; i < wordsEnd; i += 4) {
    let k = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
    k = Math.imul(k, M)
    k ^= k >>> 24
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  const tail = length & 3
  if (tail === 3) h ^= bytes[wordsEnd + 2] << 16
  if (tail >= 2) h ^= bytes[wordsEnd + 1] << 8
  if (tail >= 1) h = Math.imul(h ^ bytes[wordsEnd], M)
  h ^= h >>> 13
  h = Math.imul(h, M)
  return h ^ (h >>> 15)
}

/** Not an absolute value: the sign bit is cleared, as Kafka does. */
export const toPositive = (hash: number): number => hash & 0x7fffffff

/** The partition of a key that is not null. */
export const partitionOfKey = (key: Uint8Array, partitions: number): number => toPositive(murmur2(key)) % partitions
