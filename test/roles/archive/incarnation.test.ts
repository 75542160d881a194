import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createIncarnation } from '../../../src/roles/archive/incarnation.ts'
import { signal } from '../../consumers/support.ts'
import { type BulkServer, startBulkServer } from '../../sinks/elasticsearch/bulk-server.ts'
import { createWorld, TOPIC, type World } from './support.ts'

describe('a topic that is deleted and made again', () => {
  let server: BulkServer
  let it: World
  beforeEach(async () => {
    server = await startBulkServer()
    it = await createWorld({ url: server.url })
  })
  afterEach(async () => {
    await it.close()
    expect(it.crashes).toEqual([])
    await server.close()
  })

  const makeAgain = async () => {
    it.log.deleteTopic(TOPIC)
    await it.ensure(TOPIC, 1)
  }
  const stored = () => [...server.stored.values()].map(({ source }) => source.n)
  const madeAgain = () => it.logged.filter(({ message }) => String(message).includes('deleted and made again'))

  test('while the archive runs is archived from the start, beside what was there', async () => {
    await it.append('{"n":1}', '{"n":2}')
    it.start()
    await it.until(async () => (await it.committed())[0] === 2n)
    await makeAgain()
    await it.append('{"n":3}', '{"n":4}', '{"n":5}')
    await it.until(() => server.stored.size === 5)
    expect(stored()).toEqual([1, 2, 3, 4, 5])
    await it.until(async () => (await it.committed())[0] === 3n)
    expect(madeAgain()).toEqual([
      expect.objectContaining({
        topicId: await it.log.topicId(TOPIC),
        startsAt: 0,
        committed: expect.objectContaining({ offset: 2 }),
      }),
    ])
    expect(await it.metric('gap_records_total')).toEqual([])
  })

  test('and has as many events already, is archived whole all the same: nobody saw that it was gone', async () => {
    await it.append('{"n":1}', '{"n":2}')
    const archive = it.start()
    await it.until(async () => (await it.committed())[0] === 2n)
    await archive.stop()
    await makeAgain()
    await it.append('{"n":3}', '{"n":4}')
    it.start()
    await it.until(() => server.stored.size === 4)
    expect(stored()).toEqual([1, 2, 3, 4])
    expect(madeAgain()).toHaveLength(1)
  })

  test('while events of the old one wait for Elasticsearch: those are archived under the old id', async () => {
    const archive = it.start()
    await it.until(() => archive.health().kind === 'ok')
    const oldId = await it.log.topicId(TOPIC)
    server.whole = { status: 503, body: '' }
    await it.append('{"n":1}', '{"n":2}')
    await it.until(() => server.requests.length > 0)
    await makeAgain()
    await it.append('{"n":3}', '{"n":4}', '{"n":5}')
    server.whole = null
    await it.until(() => server.stored.size === 5)
    expect(stored()).toEqual([1, 2, 3, 4, 5])
    expect([...server.stored.keys()].map(id => id.includes(String(oldId)))).toEqual([true, true, false, false, false])
  })

  test('is archived from its end where a first start begins there, and the same offsets committed by nobody are kept', async () => {
    await it.append('{"n":1}')
    const first = it.start({ startAt: { kind: 'earliest' } })
    await it.until(async () => (await it.committed())[0] === 1n)
    await first.stop()
    await makeAgain()
    await it.append('{"n":2}', '{"n":3}')
    const second = it.start({ startAt: { kind: 'latest' } })
    await it.until(async () => (await it.committed())[0] === 2n)
    await second.stop()
    await it.append('{"n":4}')
    it.start({ startAt: { kind: 'latest' } })
    await it.until(() => server.stored.size === 2)
    expect(stored()).toEqual([1, 4])
    expect(madeAgain()).toHaveLength(1)
  })

  test('cannot be told from the old one without topic ids: what the configuration says stands in their place', async () => {
    await it.append('{"n":1}')
    it.start({ log: { ...it.log, topicId: async () => null } })
    await it.until(() => server.stored.size === 1)
    expect([...server.stored.keys()]).toEqual(['predictions-0-0'])
  })

  test('an offset without a note of the topic, as others commit it, is taken for this topic’s', async () => {
    await it.append('{"n":1}', '{"n":2}')
    await it.commit(new Map([[0, 1n]]))
    it.start()
    await it.until(() => server.stored.size === 1)
    expect(stored()).toEqual([2])
    expect(madeAgain()).toEqual([])
  })
})

describe('the topic’s id', () => {
  test('is asked for after each call, once for all who ask while a question is under way', async () => {
    const answers = [signal(), signal(), signal()]
    let asked = 0
    const now = createIncarnation(
      {
        topicId: async () => {
          const n = asked++
          await answers[n].happened
          return `id ${n}`
        },
      },
      TOPIC,
    )
    const first = now()
    const later = [now(), now(), now()]
    expect(asked).toBe(1)
    answers[0].happen()
    expect(await first).toBe('id 0')
    answers[1].happen()
    expect(await Promise.all(later)).toEqual(['id 1', 'id 1', 'id 1'])
    expect(asked).toBe(2)
    answers[2].happen()
    expect(await now()).toBe('id 2')
  })

  test('that could not be had is asked for again', async () => {
    let failures = 1
    const ask = async () => {
      if (failures-- > 0) throw new Error('no broker')
      return 'id'
    }
    const now = createIncarnation({ topicId: ask }, TOPIC)
    const [first, second] = [now(), now()]
    await expect(first).rejects.toThrow('no broker')
    expect(await second).toBe('id')
  })
})
