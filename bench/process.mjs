// Processes of the built program, and what they say of themselves.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const MAIN = new URL('../dist/main.js', import.meta.url).pathname
const LOOK_MS = 50
/** Clock ticks of /proc/PID/stat in a second. */
const TICKS = 100
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/** `tidemark run` with the lines that it logs, until it ends. */
export const startProcess = (config, ...args) => {
  const child = spawn(process.execPath, [MAIN, 'run', '--roles', 'monitor', '-c', config, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
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
    /** Used so far, of all its threads. */
    cpuSeconds: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS
    },
    /** What it was assigned last. */
    assigned: () => lines.findLast(({ msg }) => msg === 'partitions assigned')?.partitions ?? [],
    isAlive: () => child.exitCode === null && child.signalCode === null,
  }
}
