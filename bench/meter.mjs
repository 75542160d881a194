import { EVENTS } from './workload.mjs'

/** Left out of what is measured: connecting, first optimisation. */
const WARM_EVENTS = 100_000

/** Measures a run from its first 100,000 events to its end: wall time, and CPU of the whole process, all threads. */
export const meter = () => {
  let from
  return {
    /** To be told now and then how many events are done. */
    at: events => {
      if (from === undefined && events >= WARM_EVENTS && events < EVENTS)
        from = { events, ns: process.hrtime.bigint(), cpu: process.cpuUsage() }
    },
    end: (events, cpu = process.cpuUsage(from.cpu), ns = process.hrtime.bigint()) => {
      const seconds = Number(ns - from.ns) / 1e9
      const cpuSeconds = (cpu.user + cpu.system) / 1e6
      const measured = events - from.events
      return { events, perSecond: Math.round(measured / seconds), perCpuSecond: Math.round(measured / cpuSeconds) }
    },
  }
}
