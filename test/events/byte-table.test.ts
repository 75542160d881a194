import { expect, test } from 'vitest'
import { ByteTable } from '../../src/events/byte-table.ts'

test('keys of which the hashes are equal are told apart', () => {
  // Among so many, some ten pairs share their 32-bit hash.
  const table = new ByteTable()
  const key = Buffer.alloc(12)
  const write = (i: number): void => {
    key.writeUInt32LE(Math.imul(i, 0x9e3779b1) >>> 0, 0)
    key.writeUInt32LE(i, 5)
  }
  const codes = new Int32Array(300_000)
  for (let i = 0; i < codes.length; i++) {
    write(i)
    codes[i] = table.add(key, 0, key.length)
  }
  expect(codes.every((code, i) => code === i + 1)).toBe(true)
  const found = codes.filter((code, i) => {
    write(i)
    return table.find(key, 0, key.length) === code
  })
  expect(found.length).toBe(codes.length)
})

test('a code stands for its bytes and no others', () => {
  const table = new ByteTable()
  const bytes = Buffer.from('abcabd')
  const code = table.add(bytes, 0, 3)
  expect([
    table.is(code, bytes, 0, 3),
    table.is(code, bytes, 0, 2),
    table.is(code, bytes, 0, 4),
    table.is(code, bytes, 3, 6),
  ]).toEqual([true, false, false, false])
  expect(table.find(bytes, 3, 6)).toBe(-1)
  expect([table.find(bytes, 1, 1), table.text(code), table.size]).toEqual([0, 'abc', 2])
})
