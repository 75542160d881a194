import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A line of a process's log. */
export type LogLine = Readonly<{ msg?: string; level?: number } & Record<string, unknown>>

/** A `tidemark` process of the built program. */
export type TidemarkProcess = Readonly<{
  lines: readonly LogLine[]
  /** Everything that it wrote that was no log line. */
  output(): string
  /** Of /metrics and /readyz; known once it serves. */
  url(): Promise<string>
  kill(signal: NodeJS.Signals): Promise<number | null>
  /** For signals that do not end it. */
  signal(signal: NodeJS.Signals): void
  exited: Promise<number | null>
}>

const MAIN = new URL('../../dist/main.js', import.meta.url).pathname

export const startTidemark = (args: readonly string[], env: Readonly<Record<string, string>> = {}): TidemarkProcess => {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: LogLine[] = []
  let rest = ''
  const take = (text: string): void => {
    try {
      lines.push(JSON.parse(text) as LogLine)
    } catch {
      rest += `${text}\n`
    }
  }
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', take)
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const stopWithTest = (): void => void child.kill('SIGKILL')
  process.once('exit', stopWithTest)
  void exited.then(() => process.off('exit', stopWithTest))
  const url = async (): Promise<string> => {
    const line = await eventually('the process serves', async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${rest}${JSON.stringify(lines.slice(-5))}`)
      return lines.find(({ url }) => typeof url === 'string')
    })
    return String(line.url)
  }
  return {
    lines,
    output: () => rest,
    url,
    kill: async signal => {
      child.kill(signal)
      return exited
    },
    signal: signal => void child.kill(signal),
    exited,
  }
}

/** Runs a command to its end. */
export const runTidemark = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Readonly<{ code: number | null; output: string }>> => {
  const running = startTidemark(args, env)
  const code = await running.exited
  return { code, output: running.output() + running.lines.map(line => JSON.stringify(line)).join('\n') }
}

/** Waits for a condition, looking often; fails with what was waited for. */
export const eventually = async <T>(what: string, look: () => Promise<T | undefined | false>, timeoutMs = 90_000): Promise<T> => {
  const untilMs = Date.now() + timeoutMs
  for (let last: unknown; ; ) {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
    } catch (error) {
      last = error
    }
    if (Date.now() > untilMs) throw new Error(`waited ${timeoutMs} ms: ${what}`, { cause: last })
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** The samples of a metric on a /metrics page, by their labels as text. */
export const metricSamples = async (url: string, name: string): Promise<ReadonlyMap<string, number>> => {
  const page = await (await fetch(`${url}/metrics`)).text()
  const samples = new Map<string, number>()
  for (const line of page.split('\n')) {
    const match = /^([a-zA-Z_:]+)(\{.*\})? ([^ ]+)$/.exec(line)
    if (match && match[1] === name) samples.set(match[2] ?? '', Number(match[3]))
  }
  return samples
}

export const metricSum = async (url: string, name: string, having = ''): Promise<number> => {
  let sum = 0
  for (const [labels, value] of await metricSamples(url, name)) if (labels.includes(having)) sum += value
  return sum
}
