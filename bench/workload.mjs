/**
 * The standard workload: predictions of two models with 25 numeric features, the same events as `map` (features are a map of
 * unions, 379 bytes an event) and as `typed` (a record of doubles, 252 bytes). One event a millisecond on average, in order.
 * Deterministic: who wants to check a result makes the events again instead of reading them.
 */
export const EVENTS = 1_000_000
export const PARTITIONS = 4
export const MODELS = ['fraud', 'churn']
export const VERSION = '1.4.2'
export const FEATURES = Array.from({ length: 25 }, (_, i) => `f${String(i).padStart(2, '0')}`)
export const BINS = 100
export const START_MS = Date.UTC(2026, 0, 1)
export const WINDOW_MS = 60_000
/** Windows close when an event this much past their end has come. */
export const OUT_OF_ORDER_MS = 10_000

/** Shape of the features to topic. */
export const TOPICS = { map: 'bench-map', typed: 'bench-typed' }

const ANY_VALUE = ['null', 'double', 'string', 'boolean']

/** What a gateway may have written before it knew Tidemark: `timestamp` is read as `time`. */
export const schemaOf = shape => ({
  type: 'record',
  name: 'Prediction',
  namespace: 'bench',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'model', type: 'string' },
    { name: 'version', type: 'string' },
    {
      name: 'features',
      type:
        shape === 'map'
          ? { type: 'map', values: ANY_VALUE }
          : { type: 'record', name: 'Features', fields: FEATURES.map(name => ({ name, type: 'double' })) },
    },
    { name: 'prediction', type: ANY_VALUE },
    { name: 'latencyMs', type: ['null', 'double'] },
    { name: 'error', type: ['null', 'string'] },
  ],
})

/**
 * The events in order: features standard normal, latency log-normal with a median of 20 ms, 1 % errors (without a prediction),
 * another 1 % without a prediction. The yielded object and its `features` are filled anew for each event.
 */
export function* workload(count = EVENTS) {
  const random = sfc32(20_260_101)
  const normal = normals(random)
  const event = {
    id: '',
    timeMs: START_MS,
    model: '',
    features: new Float64Array(FEATURES.length),
    prediction: 0,
    latencyMs: 0,
    error: null,
  }
  for (let i = 0; i < count; i++) {
    event.id = `p${String(i).padStart(8, '0')}`
    event.timeMs += Math.floor(random() * 3)
    event.model = MODELS[random() < 0.5 ? 0 : 1]
    for (let f = 0; f < FEATURES.length; f++) event.features[f] = normal()
    const luck = random()
    event.prediction = luck < 0.02 ? null : normal()
    event.latencyMs = Math.exp(3 + 0.7 * normal())
    event.error = luck < 0.01 ? 'timeout' : null
    yield event
  }
}

/** The 99 edges between 100 equally likely bins of the standard normal distribution. */
export const normalEdges = () => Array.from({ length: BINS - 1 }, (_, i) => normalQuantile((i + 1) / BINS))

/** P. J. Acklam's rational approximation (2003), relative error 1.2e-9. */
const normalQuantile = p => {
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p))
    const above =
      ((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q +
        4.374664141464968) *
      q
    const below = (((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1
    return (above + 2.938163982698783) / below
  }
  const q = p - 0.5
  const r = q * q
  const above =
    ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r - 30.66479806614716) * r
  const below =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r - 13.28068155288572) *
      r +
    1
  return ((above + 2.506628277459239) * q) / below
}

/** C. Doty-Humphrey's sfc32, uniform in [0, 1). */
export const sfc32 = seed => {
  let a = 0
  let b = seed
  let c = 1
  let counter = 1
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return (t >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 15; i++) next()
  return next
}

/** Box and Muller (1958), two at a time. */
export const normals = random => {
  let spare = Number.NaN
  return () => {
    if (!Number.isNaN(spare)) {
      const value = spare
      spare = Number.NaN
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}
