import type { Meters } from './meters.ts'

/** Of the main thread, where a process has several workers. */
export type WorkerMetrics = Readonly<{
  up(worker: number, isUp: boolean): void
  restarted(worker: number): void
}>

export const createWorkerMetrics = ({ counter, gauge }: Meters): WorkerMetrics => {
  const up = gauge('worker_up', 'Whether the thread of a worker runs: 1 or 0.', ['worker'])
  const restarts = counter('worker_restarts_total', 'Times a worker failed and was started again.', ['worker'])
  return {
    up: (worker, isUp) => {
      up.set({ worker }, isUp ? 1 : 0)
      restarts.inc({ worker }, 0)
    },
    restarted: worker => restarts.inc({ worker }),
  }
}
