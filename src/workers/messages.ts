import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../config/config.ts'
import type { MemberEnd } from '../roles/member.ts'
import type { Role } from '../roles/start.ts'
import type { DependencyStatus } from '../sinks/readiness.ts'

/** What a worker is given at its start. */
export type WorkerData = Readonly<{
  /** From 1; the label of its metrics, and in its log lines. */
  worker: number
  /** Of the process, as in the log lines of the main thread. */
  instance: string
  config: Config
  roles: readonly Role[]
}>

/** What the main thread says to a worker. A question brings the port that its answer goes to. */
export type ToWorker = Readonly<{ kind: 'stop' } | { kind: Question; port: MessagePort }>

export type Question = keyof Answers

export type Answers = Readonly<{
  /** As prom-client's `getMetricsAsJSON` gives them. */
  metrics: readonly object[]
  readiness: readonly DependencyStatus[]
  /** Its loop turns. */
  alive: true
}>

/** The last thing that a worker says. One that ends without it crashed. */
export type FromWorker = Readonly<{ how: MemberEnd }>
