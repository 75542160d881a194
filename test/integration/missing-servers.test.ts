import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { freePort, startRedis } from '../../scripts/stack.d/index.mjs'
import { stack } from '../support/stack.ts'
import { eventually, startTidemark } from '../support/tidemark-process.ts'
import { exampleOn } from './support.ts'

type Ready = Readonly<{ waitingFor: string[]; dependencies: { name: string; ok: boolean; reason: string | null }[] }>

it('waits for a server that is missing, says which and why, and goes on by itself when it comes', async () => {
  const run = exampleOn(stack(), 'flights', 1)
  const port = await freePort()
  writeFileSync(
    run.config,
    readFileSync(run.config, 'utf8').replace(/redis: \{.*\}/, `redis: { url: "redis://127.0.0.1:${port}" }`),
  )
  const tidemark = startTidemark(['run', '-c', run.config])
  try {
    const url = await tidemark.url()
    const ready = async (): Promise<Ready> => (await (await fetch(`${url}/readyz`)).json()) as Ready
    const down = await eventually('it has tried Redis', async () => {
      const redis = (await ready()).dependencies.find(({ name }) => name === 'redis')
      return redis?.reason?.includes(String(port)) && redis
    })
    expect(down.ok).toBe(false)
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    expect((await ready()).waitingFor).not.toContain('kafka')

    const redis = await startRedis({ port })
    await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok)
    expect(await tidemark.kill('SIGTERM')).toBe(0)
    await redis.stop()
  } finally {
    await tidemark.kill('SIGKILL')
  }
})
