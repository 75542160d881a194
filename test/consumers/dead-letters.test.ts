import { describe, expect, test } from 'vitest'
import { deadLetterRecord } from '../../src/consumers/dead-letters.ts'
import { blockWith } from './blocks.ts'

describe('dead letters', () => {
  const at = { topic: 'predictions', partition: 3, reason: 'unknown-schema', detail: 'schema 7 is not in the registry' }

  test('carry the record’s own bytes, its headers, and why', async () => {
    const key = Buffer.from([0, 255])
    const value = Buffer.from([0, 1, 2, 254])
    const block = await blockWith([
      { key: 'other', value: null },
      { key, value, headers: { trace: Buffer.from([1, 200]), twice: ['a', 'b', 'c'] } },
    ])
    expect(deadLetterRecord({ block, i: 1, ...at })).toEqual({
      key,
      value,
      headers: {
        trace: Buffer.from([1, 200]),
        twice: [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')],
        'tidemark-id': 'predictions-3-1',
        '__connect.errors.topic': 'predictions',
        '__connect.errors.partition': '3',
        '__connect.errors.offset': '1',
        '__connect.errors.connector.name': 'tidemark',
        '__connect.errors.stage': 'decode',
        '__connect.errors.exception.class.name': 'unknown-schema',
        '__connect.errors.exception.message': 'schema 7 is not in the registry',
      },
    })
  })

  test('null stays null', async () => {
    const block = await blockWith([{ key: null, value: null }])
    expect(deadLetterRecord({ block, i: 0, ...at })).toMatchObject({ key: null, value: null })
  })

  test('of a dead letter tell of the last refusal', async () => {
    const block = await blockWith([{ key: null, value: null, headers: { 'tidemark-id': 'predictions-0-9', __proto__x: '1' } }])
    const { headers } = deadLetterRecord({ block, i: 0, ...at, topic: 'dead', stage: 'archive' })
    expect(headers).toMatchObject({ 'tidemark-id': 'dead-3-0', '__connect.errors.stage': 'archive' })
  })

  test('are copies: the block may be reused', async () => {
    const block = await blockWith([{ key: 'k', value: Buffer.from('v'), headers: { h: 'x' } }])
    const letter = deadLetterRecord({ block, i: 0, ...at })
    block.bytes.fill(0)
    expect(letter).toMatchObject({ key: Buffer.from('k'), value: Buffer.from('v'), headers: { h: Buffer.from('x') } })
  })

  test('of a record with malformed headers are made without them', async () => {
    const block = await blockWith([{ key: 'k', value: Buffer.from('v'), headers: { h: 'x' } }])
    block.headerEnds[0]--
    const { headers } = deadLetterRecord({ block, i: 0, ...at })
    expect(headers).not.toHaveProperty('h')
    expect(headers).toHaveProperty('tidemark-id')
  })
})
