import { Checks, FieldProblem, show } from './json-checks.ts'
import type { Prediction, RuleEffect } from './prediction.ts'
import { isDefault, PREDICTION_DEFAULTS } from './prediction-defaults.ts'
import { MAX_TIME_MS, parseIsoTime } from './time.ts'

/** What is wrong with an event that someone wrote. `field` is empty where the whole text is no event. */
export type Problem = Readonly<{ kind: 'problem'; field: string; message: string }>
export type Parsed = Readonly<{ kind: 'prediction'; prediction: Prediction }> | Problem

/** One line of NDJSON. */
export const parsePrediction = (text: string): Parsed => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { kind: 'problem', field: '', message: `not JSON: ${reason}: ${show(text)}` }
  }
  return predictionFromJson(value)
}

/**
 * A prediction as plain JSON: `time` ISO-8601 with a zone, or ms since the epoch; unions unwrapped; what has a default may be
 * left out. Fields that are not in the schema are left aside, as they are in Avro. Objects of `value` are kept, not copied.
 */
export const predictionFromJson = (value: unknown): Parsed => {
  try {
    return { kind: 'prediction', prediction: readPrediction(Checks.object(value, 'the event')) }
  } catch (error) {
    if (error instanceof FieldProblem) return { kind: 'problem', field: error.field, message: error.message }
    throw error
  }
}

/** Defaults left out, `time` in ISO-8601. What JSON has no word for (NaN, infinities) becomes null. */
export const predictionToJson = (prediction: Prediction): Readonly<Record<string, unknown>> => {
  const json: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(prediction)) {
    if (name === 'time') json.time = new Date(prediction.time).toISOString()
    else if (!isDefault(name, value)) json[name] = value
  }
  return json
}

type Json = Readonly<Record<string, unknown>>

const readPrediction = (json: Json): Prediction => ({
  id: Checks.text(json.id, 'id'),
  time: readTime('time' in json ? json.time : json.timestamp),
  model: readModel(json.model),
  version: Checks.text(json.version, 'version'),
  context: Checks.text(json.context ?? '', 'context'),
  operation: Checks.text(json.operation ?? '', 'operation'),
  gateway: Checks.text(json.gateway ?? '', 'gateway'),
  requestId: Checks.nullable(json.requestId, 'requestId', Checks.text),
  role: Checks.oneOf(json.role ?? PREDICTION_DEFAULTS.role, 'role', ['serving', 'canary', 'shadow']),
  segments: Checks.mapOf(json.segments ?? {}, 'segments', Checks.text),
  features: Checks.mapOf(json.features ?? {}, 'features', Checks.featureValue),
  prediction: Checks.scalar(json.prediction ?? null, 'prediction'),
  scores: Checks.mapOf(json.scores ?? {}, 'scores', Checks.number),
  itemCount: Checks.nullable(json.itemCount, 'itemCount', Checks.int),
  items: Checks.arrayOf(json.items ?? [], 'items', Checks.text),
  latencyMs: Checks.nullable(json.latencyMs, 'latencyMs', Checks.number),
  error: Checks.nullable(json.error, 'error', Checks.text),
  fallback: Checks.boolean(json.fallback ?? false, 'fallback'),
  ruleEffects: Checks.arrayOf(json.ruleEffects ?? [], 'ruleEffects', readRuleEffect),
  attributions: Checks.mapOf(json.attributions ?? {}, 'attributions', Checks.number),
  usage: Checks.mapOf(json.usage ?? {}, 'usage', Checks.number),
  metadata: Checks.mapOf(json.metadata ?? {}, 'metadata', Checks.text),
  build: Checks.nullable(json.build, 'build', readBuild),
  sampled: Checks.boolean(json.sampled ?? true, 'sampled'),
})

const readTime = (value: unknown): number => {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && Math.abs(value) <= MAX_TIME_MS) return value
    throw new FieldProblem('time', value, 'a whole number of milliseconds since the epoch')
  }
  if (typeof value !== 'string') throw new FieldProblem('time', value, 'ISO-8601 text or milliseconds since the epoch')
  const parsed = parseIsoTime(value)
  if (parsed.kind === 'time') return parsed.timeMs
  if (parsed.kind === 'no-zone') throw new FieldProblem('time', value, `a time with its zone: ${value}Z if it is UTC`)
  throw new FieldProblem('time', value, 'ISO-8601, like 2026-01-31T12:00:00Z, or milliseconds since the epoch')
}

const readModel = (value: unknown): string => {
  const model = Checks.text(value, 'model')
  if (model === '') throw new FieldProblem('model', model, 'the name of a model')
  return model
}

const readRuleEffect = (value: unknown, field: string): RuleEffect => {
  const json = Checks.object(value, field)
  return {
    rule: Checks.text(json.rule, `${field}.rule`),
    effect: Checks.text(json.effect, `${field}.effect`),
    before: Checks.nullable(json.before, `${field}.before`, Checks.text),
    after: Checks.nullable(json.after, `${field}.after`, Checks.text),
  }
}

const readBuild = (value: unknown, field: string): NonNullable<Prediction['build']> => {
  const json = Checks.object(value, field)
  const text = (name: string): string => Checks.text(json[name] ?? '', `${field}.${name}`)
  return { service: text('service'), commit: text('commit'), image: text('image'), dataVersion: text('dataVersion') }
}
