import { expect, it } from 'vitest'
import { stack } from '../support/stack.ts'
import { eventually, runTidemark, startTidemark } from '../support/tidemark-process.ts'
import { exampleOn } from './support.ts'

it('shows a running namespace, without taking part in it', async () => {
  const run = exampleOn(stack(), 'flights', 2)
  const running = startTidemark(['run', '-c', run.config])
  try {
    const url = await running.url()
    await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok)
    const state = await eventually('both partitions have a checkpoint', async () => {
      const { code, output } = await runTidemark(['state', '-c', run.config, '--json'])
      expect(code, output).toBe(0)
      const seen = JSON.parse(output) as { partitions: { stored: unknown; member: string | null; owner: { instance: string } }[] }
      return seen.partitions.every(({ stored }) => stored !== null) && seen
    })
    expect(state.partitions).toHaveLength(2)
    for (const { member, owner } of state.partitions) {
      expect(member).toMatch(/^tidemark at /)
      expect(owner.instance).toMatch(/-\d+-[0-9a-f]{8}$/)
    }
    const page = await runTidemark(['state', '-c', run.config])
    expect(page.code).toBe(0)
    expect(page.output).toMatch(/^namespace flights-.*, models flight-delay$/m)
    expect(page.output).toMatch(/^ledger: 0 read = 0 in windows/m)
    expect((await fetch(`${url}/readyz`)).ok, 'nobody lost a partition').toBe(true)
  } finally {
    expect(await running.kill('SIGTERM')).toBe(0)
  }
  const other = exampleOn(stack(), 'flights', 2)
  expect((await runTidemark(['state', '-c', other.config])).output).toContain('nothing was ever stored under namespace')
})
