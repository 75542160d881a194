export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** The simulated day, a Monday; always the same one, so that a seed gives the same bytes. */
export const DEMO_DAY_MS = Date.UTC(2026, 0, 5)

const wave = (hour: number, cyclesPerDay: number, peakHour: number): number =>
  Math.cos((2 * Math.PI * cyclesPerDay * (hour - peakHour)) / 24)

/** Traffic relative to the day's mean: .65 at four at night, 1.25 in the early evening, with a shoulder in the morning. */
export const volumeAt = (timeMs: number): number => {
  const hour = (timeMs / HOUR_MS) % 24
  return 1 + 0.28 * wave(hour, 1, 16.5) + 0.08 * wave(hour, 2, 9)
}

/** No hour is busier. */
export const PEAK_VOLUME = 1.265

/** Latency relative to its median: busy hours are up to 2.6 % slower, quiet ones up to 3.5 % faster. */
export const latencyFactor = (volume: number): number => 1 + 0.1 * (volume - 1)
