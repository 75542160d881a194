import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_SPEED, parseSpeed } from '../demo/pace.ts'
import { SEEDS } from '../demo/random.ts'
import { type Day, runDay } from '../demo/run.ts'
import { exitCodeOf } from '../demo/scoreboard.ts'
import { createView, terminalStyle } from '../demo/view.ts'
import { operationsRoutes, registryOperations, startHttpServer } from '../sinks/http.ts'
import { type CommandIo, ExitCode } from './io.ts'

export type DemoOptions = Readonly<{
  seed?: string
  speed?: string
  incidents: boolean
  keep?: boolean
  port: string
}>

/** Exit code of a process that was ended by Ctrl-C, as shells have it. */
const INTERRUPTED = 130

/** One simulated day on the in-memory twins, watched live. Exit 1 if an incident was missed. */
export const runDemo = async (options: DemoOptions, io: CommandIo): Promise<number> => {
  const speed = options.speed === undefined ? DEFAULT_SPEED : parseSpeed(options.speed)
  const seed = options.seed === undefined ? randomInt(SEEDS) : Number(options.seed)
  const port = Number(options.port)
  const problems = [
    ...(speed === null ? [`--speed ${options.speed}: give max, or simulated seconds per second (2160 makes a day of 40 s)`] : []),
    ...(Number.isInteger(seed) && seed >= 0 && seed < SEEDS
      ? []
      : [`--seed ${options.seed}: give a whole number from 0 to ${SEEDS - 1}`]),
    ...(Number.isInteger(port) && port >= 0 && port < 65_536 ? [] : [`--port ${options.port}: give a port number`]),
  ]
  if (speed === null || problems.length > 0) {
    io.stderr.write(`${problems.map(problem => `tidemark demo: ${problem}\n`).join('')}`)
    return ExitCode.usage
  }
  const stopping = new AbortController()
  const onSignal = (): void => stopping.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const { live, color } = terminalStyle(process.stdout, io.env)
  const day = await runDay({
    seed,
    incidents: options.incidents,
    speed,
    view: subject => createView({ subject, out: io.stdout, live: live && io.stdout.isTTY, color, now: Date.now }),
    clock: { now: () => performance.now(), sleep: async ms => void (await sleep(ms)) },
    signal: stopping.signal,
  })
  try {
    if (day.scoreboard === null) return INTERRUPTED
    if (options.keep) await serve(day, port, io, stopping.signal)
    return exitCodeOf(day.scoreboard)
  } finally {
    await day.stop()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

const serve = async (day: Day, port: number, io: CommandIo, signal: AbortSignal): Promise<void> => {
  const http = await startHttpServer(
    { host: '127.0.0.1', port },
    operationsRoutes(registryOperations(day.registry, async () => [])),
  )
  io.stdout.write(`\nkept running: http://${http.host}:${http.port}/metrics shows the last windows; Ctrl-C ends it\n`)
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await http.close()
}
