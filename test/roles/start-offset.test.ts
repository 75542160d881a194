import { expect, test } from 'vitest'
import { createMemoryLog } from '../../src/consumers/memory/log.ts'
import { startOffset } from '../../src/roles/start-offset.ts'

test.each([
  [{ kind: 'earliest' }, 1],
  [{ kind: 'latest' }, 4],
  [{ kind: 'time', timeMs: 250 }, 2],
  [{ kind: 'time', timeMs: 1_000 }, 4],
] as const)('a first start at %j begins at %d', async (startAt, offset) => {
  const log = createMemoryLog({ clock: () => 0 })
  await log.ensureTopics([{ name: 't', partitions: 1, config: {} }], { create: true })
  const writer = await log.writer()
  await writer.append(
    't',
    [100, 200, 300, 400].map(timestampMs => ({ key: null, value: Buffer.from('x'), timestampMs })),
  )
  log.deleteRecords({ topic: 't', partition: 0 }, 1)
  expect(await startOffset(await log.reader({ topic: 't', partition: 0 }), startAt)).toBe(offset)
})
