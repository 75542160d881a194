const FNV_PRIME = 0x01000193
const FNV_OFFSET = 0x811c9dc5

/** FNV-1a, 32 bits, over UTF-16 code units (Fowler, Noll, Vo). Not for adversaries. */
export const hash32 = (text: string, offset = FNV_OFFSET): number => {
  let hash = offset
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  return hash >>> 0
}

/** Two FNV-1a runs with different offsets, as 8 bytes: tells layouts apart. */
export const hash64 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, hash32(text))
  view.setUint32(4, hash32(text, 0x9747b28c))
  return bytes
}

/** The shard that fires a model's windows. */
export const shardOf = (model: string, shardCount: number): number => hash32(model) % shardCount
