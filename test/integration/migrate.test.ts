import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { stack } from '../support/stack.ts'
import { eventually, runTidemark, startTidemark } from '../support/tidemark-process.ts'
import { exampleOn } from './support.ts'

it('other segments: refused with the cure, migrated when no process runs, then taken', async () => {
  const run = exampleOn(stack(), 'flights', 2)
  const empty = await runTidemark(['migrate', '-c', run.config])
  expect(empty).toEqual({ code: 1, output: expect.stringContaining('topic') })
  const before = startTidemark(['run', '-c', run.config])
  const url = await before.url()
  await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok)
  expect(await runTidemark(['migrate', '-c', run.config])).toEqual({
    code: 1,
    output: expect.stringMatching(
      /the namespace is in use: group .*-monitor has tidemark at .* \(partitions [01], [01]\)\. Stop every process/,
    ),
  })

  const text = readFileSync(run.config, 'utf8')
  const changed = text.replace('segments: [origin]', 'segments: []')
  expect(changed).not.toBe(text)
  writeFileSync(run.config, changed)
  const refused = await runTidemark(['run', '-c', run.config])
  expect(refused.code).toBe(78)
  expect(refused.output).toMatch(/does not fit this configuration: model flight-delay had .*tidemark migrate/)

  expect(await before.kill('SIGTERM')).toBe(0)
  const migrated = await runTidemark(['migrate', '-c', run.config])
  expect(migrated.output).toMatch(/model flight-delay had .*\nnamespace .* fits now; of flight-delay the next windows/)
  expect(migrated.code).toBe(0)
  expect(await runTidemark(['migrate', '-c', run.config])).toEqual({
    code: 0,
    output: expect.stringContaining('nothing to migrate'),
  })

  const after = startTidemark(['run', '-c', run.config])
  const afterUrl = await after.url()
  await eventually('it is ready', async () => (await fetch(`${afterUrl}/readyz`)).ok)
  expect(await after.kill('SIGTERM')).toBe(0)
})
