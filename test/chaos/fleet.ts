import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { eventually, metricSamples, startTidemark, type TidemarkProcess } from '../support/tidemark-process.ts'

/** The `tidemark` processes of a run: a number of them at any time, whatever is done to them. */
export type Fleet = Readonly<{
  size: number
  at(index: number): TidemarkProcess
  /** In the place of one that has gone. */
  replace(index: number): void
  ready(index: number): Promise<void>
  /** The samples of a gauge that only the owner of a partition or shard shows, over all processes. */
  metric(name: string): Promise<ReadonlyMap<string, number>>
  /** Ends of processes that nobody asked for, and complaints that end one. */
  complaints(): readonly string[]
  /** Leaves what all processes logged in files of `dir`. */
  stop(dir: string): Promise<void>
}>

export const startFleet = (config: string, size: number, roles = 'monitor,archive'): Fleet => {
  const complaints: string[] = []
  const stopped = new WeakSet<TidemarkProcess>()
  let leaving = false
  const all: TidemarkProcess[] = []
  const start = (index: number): TidemarkProcess => {
    // the first of several has two workers: threads and processes share one group
    const workers = index === 0 && size > 1 ? '2' : '1'
    const running = startTidemark(['run', '--roles', roles, '--workers', workers, '-c', config])
    all.push(running)
    void running.exited.then(code => {
      const wasAsked = leaving || stopped.has(running)
      if (code !== null && code !== 0 && !wasAsked)
        complaints.push(`a process ended with ${code}: ${running.output()}${JSON.stringify(running.lines.slice(-3))}`)
    })
    return running
  }
  const processes = Array.from({ length: size }, (_, index) => start(index))
  const at = (index: number): TidemarkProcess => processes[index]
  const urlOf = (index: number): Promise<string> => at(index).url()
  return {
    size,
    at,
    replace: index => {
      stopped.add(processes[index])
      processes[index] = start(index)
    },
    ready: async index => {
      const ready = async () => (await fetch(`${await urlOf(index)}/readyz`)).ok
      await eventually(`process ${index} is ready`, ready).catch(async error => {
        const page = await fetch(`${await urlOf(index)}/readyz`).then(reply => reply.text(), String)
        const last = at(index)
          .lines.slice(-5)
          .map(line => JSON.stringify(line))
        throw new Error([`process ${index} is not ready: ${page}`, ...last, at(index).output()].join('\n'), { cause: error })
      })
    },
    metric: async name => {
      const all = new Map<string, number>()
      for (let index = 0; index < size; index++)
        for (const [labels, value] of await metricSamples(await urlOf(index), name)) all.set(labels, value)
      return all
    },
    complaints: () => complaints,
    stop: async dir => {
      leaving = true
      await Promise.all(processes.map(running => running.kill('SIGTERM')))
      const name = basename(config, '.yaml')
      for (const [i, { lines, output }] of all.entries())
        writeFileSync(join(dir, `${name}-${i}.log`), `${lines.map(line => JSON.stringify(line)).join('\n')}\n${output()}`)
    },
  }
}
