import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Gone, waitFor } from './wait.mjs'

const STOP_TIMEOUT_MS = 20_000
const READY_TIMEOUT_MS = 180_000

/**
 * Starts a server in a process group of its own, output to `<logDir>/<name>.log`. Unless it is to `survive`, the kernel
 * kills it when the process that started it ends in whatever way: a crashed test run leaves nothing behind.
 */
export async function launch({ name, port, url, command, args, dir, logDir = dir, env, asNobody, survive, onLaunch, ready }) {
  mkdirSync(dir, { recursive: true })
  mkdirSync(logDir, { recursive: true })
  const log = join(logDir, `${name}.log`)
  const output = openSync(log, 'a')
  const privileges = [...(asNobody ? AS_NOBODY : []), ...(survive ? [] : ['--pdeathsig', 'KILL'])]
  const line = privileges.length > 0 ? ['setpriv', ...privileges, '--', command, ...args] : [command, ...args]
  const child = spawn(line[0], line.slice(1), {
    cwd: dir,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
  })
  await new Promise((started, failed) => {
    child.once('spawn', started)
    child.once('error', error => failed(new Error(`${name}: cannot start ${line[0]}: ${error.message}`)))
  }).finally(() => closeSync(output))
  child.unref()
  const server = handle({ name, pid: child.pid, startTicks: statOf(child.pid)?.startTicks ?? '', port, url, dir, log })
  onLaunch?.(server)
  try {
    const answers = () => {
      if (!isAlive(server)) throw new Gone(`${name} ended before it was ready. ${lastLines(log)}`)
      return ready(server)
    }
    await waitFor(`${name} (log: ${log})`, answers, { timeoutMs: READY_TIMEOUT_MS })
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

/**
 * Elasticsearch refuses to run as root. Root's files stay readable and its directories writable to this one process, so
 * that neither the shared cache under a closed home directory nor the data has to be copied and handed over.
 */
const AS_NOBODY = [
  '--reuid=nobody',
  '--regid=nogroup',
  '--clear-groups',
  '--inh-caps=+dac_override',
  '--ambient-caps=+dac_override',
  '--securebits=+no_setuid_fixup', // without it access(2) ignores capabilities, and Java asks it
]

/** Gives methods to what `launch` recorded, also when it was read back from state.json. */
export function handle(record) {
  return {
    ...record,
    /** SIGTERM, SIGKILL after 20 s; resolves when no process of the group is left. */
    stop: async () => {
      signalGroup(record, 'SIGTERM')
      signalGroup(record, 'SIGCONT')
      await gone(record, STOP_TIMEOUT_MS).catch(() => kill(record, 'SIGKILL'))
    },
    /** Resolves when the process has gone; SIGSTOP and SIGCONT resolve at once. */
    kill: (signal = 'SIGKILL') => kill(record, signal),
    isAlive: () => isAlive(record),
  }
}

async function kill(record, signal) {
  signalGroup(record, signal)
  if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await gone(record, STOP_TIMEOUT_MS)
}

function signalGroup(record, signal) {
  if (groupOf(record).length === 0) return
  try {
    process.kill(-record.pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

const gone = (record, timeoutMs) =>
  waitFor(`${record.name} (pid ${record.pid}) to end`, () => groupOf(record).length === 0, { timeoutMs, everyMs: 20 })

export function isAlive({ pid, startTicks }) {
  const stat = statOf(pid)
  return stat !== undefined && stat.startTicks === startTicks && !stat.ended
}

/** The group's living processes; none if the kernel has given the number to somebody else since. */
function groupOf({ pid, startTicks }) {
  const leader = statOf(pid)
  if (leader !== undefined && leader.startTicks !== startTicks) return []
  return readdirSync('/proc')
    .filter(entry => /^\d+$/.test(entry))
    .filter(entry => {
      const stat = statOf(entry)
      return stat?.group === pid && !stat.ended
    })
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // a leader that is a zombie holds its ports as long as one of its threads still writes to the disk
    const ended = fields[0] === 'Z' && Number(fields[17]) <= 1
    return { ended, group: Number(fields[2]), startTicks: fields[19] }
  } catch {
    return undefined
  }
}

/** Runs a command to its end; a failure carries the last lines it wrote. */
export async function run(command, args, { log, timeoutMs }) {
  const output = openSync(log, 'w')
  const child = spawn(command, args, { stdio: ['ignore', output, output], timeout: timeoutMs })
  try {
    const code = await new Promise((ended, failed) => {
      child.once('error', failed)
      child.once('exit', (status, signal) => ended(status ?? signal))
    })
    const late = child.killed ? ` after ${timeoutMs / 1000} s` : ''
    if (code !== 0) throw new Error(`${command} ended with ${code}${late}. ${lastLines(log)}`)
  } finally {
    closeSync(output)
  }
  rmSync(log, { force: true })
}

function lastLines(log, count = 15) {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  return `Last lines of ${log}:\n${lines.slice(-count).join('\n')}`
}

/** For what never gets warm: half the CPU time until it is up, and no threads for a garbage collector. */
export const SHORT_LIVED_JVM = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

export function which(command) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, command)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {}
  }
  return undefined
}
