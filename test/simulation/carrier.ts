import { StoreUnavailable } from '../../src/windows/store/unavailable.ts'
import type { Random } from '../support/random.ts'
import type { Fault, Place } from './faults.ts'
import type { Life, Timeline } from './timeline.ts'

/** Brings the calls of one process to the world outside and their replies back, with what goes wrong on the way. */
export type Carrier = <T>(name: string, run: () => Promise<T>) => Promise<T>

export type CarrierOptions = Readonly<{
  process: string
  life: Life
  timeline: Timeline
  random: Random
  /** Draws the fault of a call; what strikes the whole process or the store is done by `strike`, at the call's moment. */
  faultAt(place: Place): Fault | null
  strike(fault: Fault): void
  trace(line: string): void
}>

/** What a client waits for a reply, ms. */
const TIMEOUT_MS = 60

export const createCarrier = (options: CarrierOptions): Carrier => {
  const { process, life, timeline, random, trace } = options
  let calls = 0

  /** Mostly at once, sometimes after others. */
  const latencyMs = (): number => (random.uniform() < 0.5 ? 0 : random.below(random.uniform() < 0.1 ? 40 : 4))

  return <T>(name: string, run: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (life.state === 'dead') return
      const call = ++calls
      const fault = options.faultAt({ process, call, name })
      const said = `${process} ${call} ${name}`
      const arrive = (delayMs: number, then: (reply: Promise<T>) => void): void => {
        timeline.after(delayMs, null, () => {
          trace(`${said}: arrives`)
          then(run())
        })
      }
      const answer = (reply: Promise<T>): void => {
        const later = (settle: () => void): void => {
          timeline.after(latencyMs(), life, settle)
        }
        reply.then(
          value => later(() => resolve(value)),
          error => later(() => reject(error)),
        )
      }
      const unheard = (reply: Promise<T>): void => {
        reply.catch(() => {})
      }
      const giveUp = (reason: 'timeout' | 'connection'): void => {
        timeline.after(TIMEOUT_MS, life, () => reject(new StoreUnavailable(reason, `${said}: no reply`)))
      }
      if (fault !== null) trace(`${said}: ${JSON.stringify(fault)}`)
      switch (fault?.kind) {
        case undefined:
          return arrive(latencyMs(), answer)
        case 'lost-request':
          return giveUp('connection')
        case 'lost-reply':
          arrive(latencyMs(), unheard)
          return giveUp('timeout')
        case 'twice':
          return arrive(latencyMs(), reply => answer(reply.then(run, run)))
        case 'late':
          arrive(TIMEOUT_MS + fault.delayMs, unheard)
          return giveUp('timeout')
        case 'again':
          arrive(latencyMs() + fault.delayMs, unheard)
          return arrive(latencyMs(), answer)
        case 'slow':
          return arrive(fault.delayMs, answer)
        case 'crash':
          if (fault.isDone) arrive(latencyMs(), unheard)
          return options.strike(fault)
        case 'restart':
        case 'freeze':
        case 'evict':
        case 'failover':
          arrive(latencyMs(), answer)
          return options.strike(fault)
      }
    })
}
