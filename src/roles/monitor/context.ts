import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/config.ts'
import type { Log, LogWriter } from '../../consumers/log.ts'
import type { SchemaSource } from '../../events/registry.ts'
import type { DomainMetrics } from '../../sinks/prometheus/domain-metrics.ts'
import type { ProcessMetrics } from '../../sinks/prometheus/process-metrics.ts'
import type { Alert } from '../../windows/alert.ts'
import type { Plans } from '../../windows/plan.ts'
import type { StateStore } from '../../windows/store/port.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { Budget } from '../budget.ts'
import type { Policies } from './policies.ts'
import type { ProgressBoard } from './progress-board.ts'
import type { Topology } from './topology.ts'

/** Everything that the monitor's tasks share. Ports only: the composition root decides what is behind them. */
export type MonitorContext = Readonly<{
  config: Config
  plans: Plans
  policies: Policies
  topology: Topology
  progress: ProgressBoard
  /** Of this process: what it holds in memory, and what its partitions have in the store. */
  budgets: Readonly<{ memory: Budget; state: Budget }>
  log: Log
  store: StateStore
  schemas: SchemaSource
  clock: Clock
  logger: Logger
  /** Unique to this process start: tokens and commit ids begin with it. */
  instance: string
  writer: LogWriter
  encode: Readonly<{ windowResult(result: WindowResult): Buffer; alert(alert: Alert): Buffer }>
  metrics: Readonly<{ process: ProcessMetrics; domain: DomainMetrics }>
  /** Who else in this process wants to see what left (the demo's view, replay's files). Called after the log has it. */
  observer: Readonly<{ windows(results: readonly WindowResult[]): void; alerts(alerts: readonly Alert[]): void }>
}>

/** The store refused a write: someone else owns the unit (`fenced`), or the store rolled back (`mismatch`). */
export class OwnershipLost extends Error {
  override readonly name = 'OwnershipLost'
  readonly kind: 'fenced' | 'mismatch'

  constructor(kind: 'fenced' | 'mismatch', unit: string) {
    super(`${unit}: ${kind === 'fenced' ? 'another process owns it now' : 'the store holds an earlier state than was written'}`)
    this.kind = kind
  }
}

/** Waits between attempts while the world is slow, ms. */
export const RETRY = { firstMs: 100, maxMs: 5_000 } as const
