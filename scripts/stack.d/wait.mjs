import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Polls until `condition` answers something truthy and returns it; a throwing condition counts as "not yet". */
export async function waitFor(what, condition, { timeoutMs = 120_000, everyMs = 100 } = {}) {
  const deadline = performance.now() + timeoutMs
  let last
  for (;;) {
    try {
      const answer = await condition()
      if (answer) return answer
    } catch (error) {
      if (error instanceof Gone) throw error
      last = error
    }
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${timeoutMs / 1000} s${last ? ` (last: ${last.message})` : ''}`)
    }
    await sleep(everyMs)
  }
}

/** Waiting longer cannot help: the process that was waited for has ended. */
export class Gone extends Error {}

const handedOut = new Set()

/**
 * Below the kernel's ephemeral range (32768..): a client that reconnects to a dead server's ephemeral port can be given
 * that very port for its own end and then talks to itself, and the server cannot come back.
 */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (handedOut.has(port) || !(await isFree(port))) continue
    handedOut.add(port)
    return port
  }
}

export const freePorts = count => Promise.all(Array.from({ length: count }, freePort))

function isFree(port) {
  return new Promise(done => {
    const probe = createServer()
    probe.once('error', () => done(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)))
  })
}

/** Runs `work` while no other process holds `path`. The kernel drops the lock of a process that dies. */
export async function withLock(path, work, { onWait = () => {}, timeoutSeconds = 1800 } = {}) {
  mkdirSync(dirname(path), { recursive: true })
  const notice = setTimeout(onWait, 1000)
  const holder = spawn('flock', ['-w', String(timeoutSeconds), path, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true, // Ctrl-C is for us: the lock goes when this process has gone
  })
  try {
    await new Promise((held, failed) => {
      holder.stdout.once('data', held)
      holder.once('error', failed)
      holder.once('exit', () => failed(new Error(`${path}: another run has held this lock for ${timeoutSeconds} s`)))
    })
    clearTimeout(notice)
    return await work()
  } finally {
    clearTimeout(notice)
    holder.stdin.end()
  }
}
