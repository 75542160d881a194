/** How fast simulated time runs: so many simulated ms in one of ours, or as fast as events can be made. */
export type Speed = Readonly<{ kind: 'times'; factor: number } | { kind: 'max' }>

export type Pace = Readonly<{
  /** Waits until a simulated time is due. undefined: it is already, go on at once; most events need no promise. */
  until(simulatedMs: number): Promise<void> | undefined
}>

export type PaceClock = Readonly<{
  /** Monotonic, ms. */
  now(): number
  sleep(ms: number): Promise<void>
}>

/** A day in forty seconds. */
export const DEFAULT_SPEED: Speed = { kind: 'times', factor: 2160 }

/** Timers are no finer than this; to wait for less would slow the whole run down. */
const LEAST_WAIT_MS = 4
/** Other tasks of the process get a turn at least so often, also without pacing. */
const TURN_MS = 8

/** `max`, or how many simulated seconds a second holds; null: neither. */
export const parseSpeed = (text: string): Speed | null => {
  if (text === 'max') return { kind: 'max' }
  const factor = /^\d+(\.\d+)?x?$/.test(text) ? Number.parseFloat(text) : Number.NaN
  return factor > 0 && Number.isFinite(factor) ? { kind: 'times', factor } : null
}

/** Begins when it is created. Who falls behind catches up: a slow moment is not added to the rest. */
export const createPace = (startMs: number, speed: Speed, clock: PaceClock): Pace => {
  const begunMs = clock.now()
  let turnMs = begunMs
  const wait = async (ms: number): Promise<void> => {
    await clock.sleep(ms)
    turnMs = clock.now()
  }
  return {
    until: simulatedMs => {
      const nowMs = clock.now()
      const aheadMs = speed.kind === 'max' ? 0 : (simulatedMs - startMs) / speed.factor - (nowMs - begunMs)
      if (aheadMs >= LEAST_WAIT_MS) return wait(aheadMs)
      return nowMs - turnMs >= TURN_MS ? wait(0) : undefined
    },
  }
}
