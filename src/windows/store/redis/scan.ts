import type { Client } from './client.ts'

/** Fields of a hash asked for at a time: at some 5 kB each about a megabyte. */
const FIELDS_PER_PAGE = 256

/** All fields of a hash, read in pages; a hash that changes meanwhile may give a field twice: the last one counts. */
export const readHash = async ({ ask }: Client, key: string): Promise<ReadonlyMap<string, Buffer>> => {
  const values = new Map<string, Buffer>()
  let cursor = '0'
  do {
    const [next, page] = await ask(redis => redis.hscanBuffer(key, cursor, 'COUNT', FIELDS_PER_PAGE))
    for (let i = 0; i < page.length; i += 2) values.set(page[i].toString(), page[i + 1])
    cursor = next.toString()
  } while (cursor !== '0')
  return values
}
