// The processes of bench/rolling-restart.mjs: the built program, and what it says of itself.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const MAIN = new URL('../../dist/main.js', import.meta.url).pathname
const LOOK_MS = 50
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/** A process with the lines that it logs, until it ends. */
export const startProcess = config => {
  const child = spawn(process.execPath, [MAIN, 'run', '--roles', 'monitor', '-c', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines = []
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', text => {
      if (text.startsWith('{')) lines.push(JSON.parse(text))
    })
  const exited = once(child, 'close')
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  void exited.then(() => process.off('exit', kill))
  const url = () => lines.find(line => typeof line.url === 'string')?.url
  return {
    lines,
    page: async () => (await fetch(`${url()}/metrics`)).text(),
    ready: async () => {
      for (;;) {
        if (child.exitCode !== null) throw new Error(`a process ended with ${child.exitCode}: ${JSON.stringify(lines.slice(-3))}`)
        const reply = url() === undefined ? undefined : await fetch(`${url()}/readyz`).catch(() => undefined)
        if (reply?.ok) return
        await sleep(LOOK_MS)
      }
    },
    end: async signal => {
      child.kill(signal)
      await exited
    },
    /** What it was assigned last. */
    assigned: () => lines.findLast(({ msg }) => msg === 'partitions assigned')?.partitions ?? [],
    isAlive: () => child.exitCode === null && child.signalCode === null,
  }
}

/** Samples of a gauge or counter that partitions have, by partition. */
export const byPartition = (page, name) =>
  new Map(
    [...page.matchAll(new RegExp(`^${name}\\{[^}]*partition="(\\d+)"[^}]*\\} (\\S+)$`, 'gm'))].map(([, partition, value]) => [
      Number(partition),
      Number(value),
    ]),
  )

/** How far each partition was read, as seen last by looking often at every process. */
export const watchPositions = processes => {
  const positions = new Map()
  let watching = true
  const done = (async () => {
    while (watching) {
      for (const running of processes().filter(one => one.isAlive())) {
        const page = await running.page().catch(() => '')
        for (const [partition, position] of byPartition(page, 'tidemark_process_partition_position'))
          positions.set(partition, Math.max(position, positions.get(partition) ?? 0))
      }
      await sleep(LOOK_MS)
    }
  })()
  return {
    /** A copy, as of now. */
    now: () => new Map(positions),
    stop: async () => {
      watching = false
      await done
    },
  }
}
