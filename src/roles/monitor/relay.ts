import type { Logger } from 'pino'
import type { FencedLogWriter } from '../../consumers/log.ts'
import { alertRecords } from '../../sinks/topics/records.ts'
import type { Alert, Tombstone } from '../../windows/alert.ts'
import { type MonitorContext, OwnershipLost, RETRY } from './context.ts'
import { Stopped, untilAvailable } from './retry.ts'

/**
 * Publishes a shard's outbox, beside the firing: a topic that cannot be written delays alerts, not windows.
 *
 * A transactional writer makes older ones of its shard unusable, so a zombie can never overwrite a newer state in the compacted
 * topic. Where the outcome of a transaction is unknown another writer is opened, but only by who still owns the shard.
 */
export type Relay = Readonly<{
  /** The outbox has taken so many more. */
  filled(count: number): void
  /** Alerts that the log has not acknowledged. */
  waiting(): number
  /** Why alerts do not leave; null: they do. */
  trouble(): string | null
  /** Throws what ended it: OwnershipLost, or a bug. */
  check(): void
  stop(): Promise<void>
}>

/** Alerts of one transaction (of some 50 ms). */
const PAGE = 100

export const startRelay = (
  context: MonitorContext,
  options: Readonly<{
    shard: number
    token: string
    /** Alerts that were left by an earlier owner. */
    waiting: number
    logger: Logger
    signal: AbortSignal
    onEnded(): void
  }>,
): Relay => {
  const { store, clock, config, encode, observer, metrics } = context
  const { shard, token, logger, signal } = options
  const { alerts: topic } = config.kafka.topics
  const retrying = { clock, logger, signal, what: `outbox of shard ${shard}` }
  let waiting = 0
  let fills = 0
  let trouble: string | null = null
  let failure: unknown
  let wake = (): void => {}
  let writer: FencedLogWriter | undefined

  const setWaiting = (alerts: number): void => {
    waiting = alerts
    metrics.process.outbox(shard, alerts)
  }
  setWaiting(options.waiting)

  const trim = async (ids: readonly string[]): Promise<void> => {
    const reply = await untilAvailable(() => store.shards.trimOutbox(shard, token, ids), retrying)
    if (reply.kind === 'fenced') throw new OwnershipLost('fenced', `shard ${shard}`)
  }

  const openWriter = async (): Promise<FencedLogWriter> => {
    await trim([]) // asks whether the shard is still owned
    return context.log.fencedWriter(`${config.namespace}-alerts-${shard}`)
  }

  /** False: it is to be tried again. */
  const append = async (outbox: readonly (Alert | Tombstone)[]): Promise<boolean> => {
    try {
      writer ??= await openWriter()
      const appended = await writer.append(topic, alertRecords(outbox, encode.alert))
      if (appended.kind === 'fenced') throw new OwnershipLost('fenced', `alerts writer of shard ${shard}`)
      return true
    } catch (error) {
      if (error instanceof OwnershipLost || error instanceof Stopped) throw error
      const reason = error instanceof Error ? error.message : String(error)
      if (trouble === null) logger.warn({ reason, waiting }, 'alerts cannot be published: waiting')
      trouble = reason
      metrics.process.shardPaused(shard, 'alerts-topic', true)
      await writer?.close().catch(() => {})
      writer = undefined
      return false
    }
  }

  const publishPage = async (): Promise<'empty' | 'done' | 'again'> => {
    const page = await untilAvailable(() => store.shards.outbox(shard, PAGE), retrying)
    if (page.length === 0) return 'empty'
    // what replicas do not have, a failover would take back; alerts cannot be taken back
    await untilAvailable(() => store.shards.replicated(shard), retrying)
    const outbox = page.map(({ alert }) => JSON.parse(alert) as Alert | Tombstone) // written by the session alone
    if (!(await append(outbox))) return 'again'
    if (trouble !== null) logger.info('alerts can be published again')
    trouble = null
    metrics.process.shardPaused(shard, 'alerts-topic', false)
    observer.alerts(outbox.flatMap(record => ('tombstone' in record ? [] : [record])))
    await trim(page.map(({ id }) => id))
    setWaiting(Math.max(0, waiting - page.length))
    return 'done'
  }

  const run = async (): Promise<void> => {
    let failures = 0
    while (!signal.aborted) {
      const before = fills
      const published = await publishPage()
      switch (published) {
        case 'done':
          failures = 0
          break
        case 'again':
          await clock.sleep(Math.min(RETRY.maxMs, RETRY.firstMs * 2 ** failures++), signal)
          break
        case 'empty':
          // unless more came while the outbox was being read
          if (fills === before) {
            setWaiting(0)
            await woken()
          }
          break
      }
    }
  }

  const woken = (): Promise<void> =>
    new Promise(resolve => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        resolve()
      }
      wake = done
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })

  const running = run()
    .catch(error => {
      if (error instanceof Stopped) return
      failure = error
      options.onEnded()
    })
    .finally(() => writer?.close().catch(() => {}))

  return {
    filled: count => {
      if (count === 0) return
      setWaiting(waiting + count)
      fills++
      wake()
    },
    waiting: () => waiting,
    trouble: () => trouble,
    check: () => {
      if (failure !== undefined) throw failure
    },
    stop: () => running,
  }
}
