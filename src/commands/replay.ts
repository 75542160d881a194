import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pino } from 'pino'
import { type ConfigSource, loadConfig } from '../config/load.ts'
import { type CsvMapping, readPredictions } from '../events/files.ts'
import type { Prediction } from '../events/prediction.ts'
import { startTwin } from '../roles/twin.ts'
import { table } from '../table.ts'
import type { Alert } from '../windows/alert.ts'
import { alertToJson, windowResultToJson } from '../windows/json.ts'
import type { Ledger } from '../windows/store/port.ts'
import type { WindowResult } from '../windows/window-result.ts'
import { type CommandIo, ExitCode } from './io.ts'
import { createProgress } from './progress.ts'

export type ReplayOptions = Readonly<{
  files: readonly string[]
  out: string
  partitions: number
  source: ConfigSource
  csv: CsvMapping | undefined
}>

/** Events appended at a time. */
const BATCH = 500
/** Windows leave as they close; only what is frozen is stored, for the store lives no longer than the process. */
const CHECKPOINT_MS = 50
/** Latest time of ECMAScript: no event is from the future of a file that is replayed. */
const END_OF_TIME_MS = 8.64e15

/**
 * Runs event files through the pipeline on the in-memory twins, and writes `windows.ndjson` and `alerts.ndjson`: the same
 * input and configuration give the same bytes. Exit 0; 78 for a bad configuration; 1 when a line cannot be read.
 */
export const runReplay = async ({ files, out, partitions, source, csv }: ReplayOptions, io: CommandIo): Promise<number> => {
  const given = loadConfig(source)
  const config = {
    ...given,
    kafka: { ...given.kafka, partitions },
    // no wall clock may decide anything: the end markers close what is open
    time: { ...given.time, idleTimeoutMs: Number.POSITIVE_INFINITY },
    checkpoint: { ...given.checkpoint, intervalMs: CHECKPOINT_MS, maxBytes: 0 },
  }
  const results: WindowResult[] = []
  const alerts: Alert[] = []
  const twin = await startTwin({
    config,
    logger: pino({ level: config.log.level === 'info' ? 'warn' : config.log.level }, pino.destination(2)),
    logClock: () => END_OF_TIME_MS,
    onWindows: fired => results.push(...fired),
    onAlerts: sent => alerts.push(...sent),
  })
  const progress = createProgress('replay', io)
  const failures: string[] = []
  let lastTimeMs = Number.NEGATIVE_INFINITY
  try {
    let batch: Prediction[] = []
    for await (const entry of readPredictions(files, csv)) {
      progress.update(entry.bytesRead, entry.bytesTotal, `${results.length} windows, ${alerts.length} alerts`)
      if (entry.kind === 'problem') {
        failures.push(`${entry.file}:${entry.line}: ${entry.message}`)
        continue
      }
      lastTimeMs = Math.max(lastTimeMs, entry.prediction.time)
      if (batch.push(entry.prediction) < BATCH) continue
      await twin.publish(batch)
      batch = []
    }
    await twin.publish(batch)
    if (Number.isFinite(lastTimeMs)) await twin.end(lastTimeMs)
    progress.done(`${results.length} windows, ${alerts.length} alerts`)
    mkdirSync(out, { recursive: true })
    await writeLines(join(out, 'windows.ndjson'), results.sort(byEnd).map(windowResultToJson))
    await writeLines(join(out, 'alerts.ndjson'), alerts.sort(byWindowEnd).map(alertToJson))
    for (const failure of failures) io.stderr.write(`${failure}\n`)
    io.stdout.write(summary(results, alerts, await twin.ledger()))
    return failures.length > 0 ? ExitCode.failed : ExitCode.ok
  } finally {
    await twin.stop()
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const byEnd = (a: WindowResult, b: WindowResult): number => a.end - b.end || a.revision - b.revision || compare(a.id, b.id)

const byWindowEnd = (a: Alert, b: Alert): number =>
  a.windowEnd - b.windowEnd || a.revision - b.revision || compare(a.fingerprint, b.fingerprint) || a.sequence - b.sequence

const writeLines = (path: string, values: readonly unknown[]): Promise<void> =>
  pipeline(
    (function* () {
      for (const value of values) yield `${JSON.stringify(value)}\n`
    })(),
    createWriteStream(path),
  )

const summary = (results: readonly WindowResult[], alerts: readonly Alert[], ledger: Ledger): string => {
  const models = new Map<string, { windows: number; revised: number; samples: number; firing: number; resolved: number }>()
  const row = (model: string) => {
    const found = models.get(model) ?? { windows: 0, revised: 0, samples: 0, firing: 0, resolved: 0 }
    models.set(model, found)
    return found
  }
  for (const { model, revision } of results) {
    if (revision === 0) row(model).windows++
    else row(model).revised++
  }
  for (const { model, state } of alerts) {
    if (state === 'firing') row(model).firing++
    if (state === 'resolved') row(model).resolved++
  }
  const rows = [...models]
    .sort(([a], [b]) => compare(a, b))
    .map(([model, r]) => [model, r.windows, r.revised, r.firing, r.resolved])
  return [
    table(['model', 'windows', 'revisions', 'alerts firing', 'resolved'], rows),
    `events read ${ledger.read} = in windows ${ledger.inWindows} (late ${ledger.late}) + too late ${ledger.tooLate} + dead letters ${ledger.deadLettered} + skipped ${ledger.skipped}\n`,
  ].join('\n')
}
