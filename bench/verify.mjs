import { BINS, FEATURES, normalEdges, WINDOW_MS, workload } from './workload.mjs'

/** Bins of PSI at this many events a window: 20 groups of five of the 100 equally likely bins. */
const GROUPS = 20

/** What every window of every model must say, computed from the events themselves. */
export const expectedWindows = () => {
  const edges = normalEdges()
  const windows = new Map()
  for (const event of workload()) {
    const start = Math.floor(event.timeMs / WINDOW_MS) * WINDOW_MS
    const key = `${event.model} ${start}`
    let window = windows.get(key)
    if (!window) {
      window = { samples: 0, errors: 0, nulls: 0, groups: FEATURES.map(() => new Float64Array(GROUPS)) }
      windows.set(key, window)
    }
    window.samples++
    if (event.error !== null) window.errors++
    if (event.prediction === null) window.nulls++
    for (let f = 0; f < FEATURES.length; f++) {
      let low = 0
      let high = edges.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (edges[middle] < event.features[f]) low = middle + 1
        else high = middle
      }
      window.groups[f][Math.floor((low * GROUPS) / BINS)]++
    }
  }
  return windows
}

/** PSI against a uniform reference of `referenceSamples`, half an event added to every group of both sides. */
const psi = (groups, samples, referenceSamples) => {
  const q = (referenceSamples / GROUPS + 0.5) / (referenceSamples + GROUPS / 2)
  return groups.reduce((sum, count) => {
    const p = (count + 0.5) / (samples + GROUPS / 2)
    return sum + (p - q) * Math.log(p / q)
  }, 0)
}

/** Throws at the first published result that is not what the events say; returns how many were compared. */
export const verify = (results, expected, version, referenceSamples) => {
  const own = results.filter(result => result.version === version)
  if (own.length < expected.size / 2) throw new Error(`only ${own.length} of ${expected.size} windows were published`)
  for (const result of own) {
    const window = expected.get(`${result.model} ${result.start}`)
    const where = `${result.model} ${new Date(result.start).toISOString()}`
    for (const name of ['samples', 'errors', 'nulls'])
      if (result[name] !== window?.[name])
        throw new Error(`${name} of ${where} is ${result[name]}, the events say ${window?.[name]}`)
    FEATURES.forEach((feature, f) => {
      const value = psi([...window.groups[f]], window.samples, referenceSamples)
      if (Math.abs(result.psi[feature] - value) > 1e-9)
        throw new Error(`PSI of ${feature} in ${where} is ${result.psi[feature]}, not ${value}`)
    })
  }
  return own.length
}
