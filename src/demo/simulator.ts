import type { Prediction } from '../events/prediction.ts'
import { createGateways } from './delivery.ts'
import type { Incident } from './incidents.ts'
import { createRandom } from './random.ts'
import { createRequests } from './requests.ts'
import { DAY_MS, MINUTE_MS, PEAK_VOLUME, volumeAt } from './rhythm.ts'
import { MODELS } from './world.ts'

/** An event as it reaches the log. `prediction.time` is what its gateway's clock said, `arrivalMs` what the log's says. */
export type Arrival = Readonly<{ arrivalMs: number; gateway: string; prediction: Prediction }>

export type Simulation = Readonly<{
  /** 0 <= seed < 2^32. */
  seed: number
  startMs: number
  /** May be infinite. */
  durationMs: number
  incidents: readonly Incident[]
}>

/**
 * What the gateways publish, in order of arrival. Requests are a Poisson process whose rate follows the rhythm. A seed gives the
 * same events whatever the incidents are, but for what these change in them.
 */
export function* simulate({ seed, startMs, durationMs, incidents }: Simulation): Generator<Arrival, void, undefined> {
  const random = createRandom(seed)
  const gateways = createGateways(random)
  const requests = MODELS.map(model => createRequests(model, random, seed, incidents))
  const peaks = MODELS.map(model => (model.eventsPerDay * PEAK_VOLUME) / DAY_MS)
  const peakPerMs = peaks.reduce((sum, peak) => sum + peak, 0)

  let underWay: Arrival[] = []
  let minute = Number.NaN
  let volume = 0
  for (let timeMs = startMs; ; ) {
    timeMs += random.exponential() / peakPerMs
    if (timeMs >= startMs + durationMs) break
    if (Math.floor(timeMs / MINUTE_MS) !== minute) {
      minute = Math.floor(timeMs / MINUTE_MS)
      volume = volumeAt(minute * MINUTE_MS)
      underWay.sort(byArrival)
      let arrived = 0
      while (arrived < underWay.length && underWay[arrived].arrivalMs < timeMs) yield underWay[arrived++]
      underWay = underWay.slice(arrived)
    }
    // thinning: P. A. W. Lewis and G. S. Shedler (1979)
    if (random.uniform() * PEAK_VOLUME >= volume) continue
    let at = random.uniform() * peakPerMs
    let which = 0
    while (which < requests.length - 1 && at > peaks[which]) at -= peaks[which++]
    const gateway = gateways.pick()
    const prediction = requests[which](timeMs, gateway)
    underWay.push({ arrivalMs: gateways.arrivalMs(gateway, timeMs), gateway: gateway.name, prediction })
  }
  yield* underWay.sort(byArrival)
}

const byArrival = (a: Arrival, b: Arrival): number => a.arrivalMs - b.arrivalMs
