import type { Random } from './random.ts'

/** `clockOffsetMs`: how far its clock is ahead. It publishes what it has every `flushMs`. */
export type Gateway = Readonly<{ name: string; share: number; clockOffsetMs: number; flushMs: number }>

export const GATEWAYS: readonly Gateway[] = [
  { name: 'gw-oslo', share: 0.28, clockOffsetMs: 140, flushMs: 250 },
  { name: 'gw-lyon', share: 0.26, clockOffsetMs: -1900, flushMs: 1000 },
  { name: 'gw-porto', share: 0.24, clockOffsetMs: 2000, flushMs: 500 },
  { name: 'gw-boston', share: 0.22, clockOffsetMs: -620, flushMs: 3000 },
]

const NETWORK_MEAN_MS = 40
const NETWORK_MAX_MS = 500
/** One event of fifty is sent again, up to this much later. */
const RETRY_RATIO = 0.02
const RETRY_MAX_MS = 2000

const offsetsMs = GATEWAYS.map(each => each.clockOffsetMs)
/** A gateway's clock is at most this far from the true time. */
export const CLOCKS_DIFFER_MS = Math.max(...offsetsMs.map(Math.abs))
const MAX_DELAY_MS = Math.max(...GATEWAYS.map(each => each.flushMs)) + NETWORK_MAX_MS + RETRY_MAX_MS

/** An event's time is never more than this before the latest time that arrived ahead of it. */
export const OUT_OF_ORDER_BOUND_MS = Math.max(...offsetsMs) - Math.min(...offsetsMs) + MAX_DELAY_MS

export type Gateways = Readonly<{
  pick(): Gateway
  /** When what is answered at `timeMs` reaches the log: after the next flush and the network. */
  arrivalMs(gateway: Gateway, timeMs: number): number
}>

export const createGateways = (random: Random): Gateways => ({
  pick: () => {
    let rank = random.uniform()
    let which = 0
    while (which < GATEWAYS.length - 1 && rank > GATEWAYS[which].share) rank -= GATEWAYS[which++].share
    return GATEWAYS[which]
  },
  arrivalMs: ({ flushMs }, timeMs) => {
    const sentMs = Math.ceil(timeMs / flushMs) * flushMs
    const networkMs = Math.min(NETWORK_MAX_MS, NETWORK_MEAN_MS * random.exponential())
    const luck = random.uniform()
    const retryMs = luck < RETRY_RATIO ? (luck / RETRY_RATIO) * RETRY_MAX_MS : 0
    return Math.round(sentMs + networkMs + retryMs)
  },
})
