import type { RecordBlock } from '../../consumers/record-block.ts'
import { type Dictionary, type EventColumns, ValueKind } from '../columns.ts'
import type { TextInterner } from '../interner.ts'
import { MAX_TIME_MS } from '../time.ts'
import { Cursor } from './cursor.ts'
import { Code, DECODE_RESULTS, type Fault, faultReason } from './faults.ts'
import { readFeatures, readRuleEffects, readSegments } from './fields.ts'
import { FRAME_BYTES } from './frame.ts'
import { KnownKeys } from './known-keys.ts'
import { Field, type Plan, type PlanOrFault, planOf } from './plan.ts'
import { skip } from './skip.ts'
import { readFlag, readNumber, readText, readValue } from './values.ts'

export type DecoderLimits = Readonly<{ maxRecordBytes: number; maxMapEntries: number }>

/**
 * Confluent-framed Avro predictions straight into columns: no object and no string per record. Fields that the writer schema
 * lacks take the defaults of `schemas/prediction.avsc`; names outside the dictionary are stepped over; bytes of texts are kept
 * as they are (what is not UTF-8 shows as U+FFFD when it is made a string).
 */
export type Decoder = Readonly<{
  /** Makes ready for a writer schema. A schema that cannot be used is remembered too: `decode` answers `bad-schema`. */
  addSchema(id: number, writerSchemaJson: string): Fault | undefined
  hasSchema(id: number): boolean
  /**
   * Record `i` of the block as the next row of `columns`. 0: done, `columns.count` has risen. Else a position in
   * `DECODE_RESULTS`: `columns.count` stands, and nothing of the row may be read.
   * The columns must have room, be filled by this decoder alone, and hold the texts that the decoder was made with.
   */
  decode(block: RecordBlock, i: number, columns: EventColumns): number
  /** The schema id of the record last decoded; -1 where it had none. */
  schemaId(): number
  /** The last fault as a value, with the schema and the field where they help; undefined after a success. */
  fault(): Fault | undefined
}>

/** Rows whose defaults are written at a time. */
const PREPARED_ROWS = 256

/** What an event that was sampled away does not say is not missing: it was never sent. */
const markDropped = ({ features, prediction }: EventColumns, row: number): void => {
  for (const { kinds } of features) if (kinds[row] === ValueKind.absent) kinds[row] = ValueKind.dropped
  if (prediction.kinds[row] === ValueKind.null) prediction.kinds[row] = ValueKind.dropped
}

export const createDecoder = (
  options: Readonly<{ dictionary: Dictionary; limits: DecoderLimits; texts: TextInterner }>,
): Decoder => {
  const { dictionary, limits, texts } = options
  const plans = new Map<number, PlanOrFault>()
  const cursor = new Cursor()
  const featureKeys = new KnownKeys(dictionary.features)
  const segmentKeys = new KnownKeys(dictionary.segments)
  const ruleNames = new KnownKeys(dictionary.businessRules)
  const columnByFeature = new Map(dictionary.features.map((name, column) => [name, column]))

  let schemaId = -1
  let result: number = Code.ok
  let plan: Plan | undefined
  let planId = -1
  let step = 0
  // Rows [cleanFrom, cleanTo) of `cleanColumns` hold defaults.
  let cleanColumns: EventColumns | undefined
  let cleanFrom = 0
  let cleanTo = 0

  const decode = (block: RecordBlock, i: number, columns: EventColumns): number => {
    result = decodeValue(block, i, columns)
    if (result === Code.ok) {
      cleanFrom = columns.count + 1
      columns.offsets[columns.count] = block.offsets[i]
      columns.recordTimesMs[columns.count] = block.timestampsMs[i]
      columns.count++
    } else if (step >= 0) {
      // Something of the row may have been written.
      cleanTo = cleanFrom
    }
    return result
  }

  const decodeValue = (block: RecordBlock, i: number, columns: EventColumns): number => {
    schemaId = -1
    step = -1
    const start = block.valueStarts[i]
    const end = block.valueEnds[i]
    if (start < 0) return Code.nullValue
    if (end - start > limits.maxRecordBytes) return Code.recordTooLarge
    if (end - start < FRAME_BYTES || block.bytes[start] !== 0) return Code.notAvro
    schemaId = block.view.getInt32(start + 1)
    if (plan === undefined || schemaId !== planId) {
      const found = plans.get(schemaId)
      if (found === undefined) return Code.unknownSchema
      if (found.kind === 'fault') return Code.badSchema
      plan = found
      planId = schemaId
    }
    const row = columns.count
    if (row !== cleanFrom || row >= cleanTo || columns !== cleanColumns) prepare(columns, row)
    cursor.bytes = block.bytes
    cursor.view = block.view
    cursor.pos = start + FRAME_BYTES
    cursor.end = end
    cursor.fault = Code.ok
    return readRecord(plan, columns, row)
  }

  const readRecord = (plan: Plan, columns: EventColumns, row: number): number => {
    const { steps, types } = plan
    let sampled = true
    for (step = 0; step < steps.length; step += 2) {
      const place = steps[step + 1]
      switch (steps[step]) {
        case Field.skip:
          skip(cursor, types.code, place)
          break
        case Field.timeMillis:
          columns.timesMs[row] = readNumber(cursor, types.code, place)
          break
        case Field.timeMicros:
          columns.timesMs[row] = Math.floor(readNumber(cursor, types.code, place) / 1000)
          break
        case Field.model:
          columns.models[row] = orEmpty(readText(cursor, types, place, texts))
          break
        case Field.version:
          columns.versions[row] = orEmpty(readText(cursor, types, place, texts))
          break
        case Field.context:
          columns.contexts[row] = orEmpty(readText(cursor, types, place, texts))
          break
        case Field.operation:
          columns.operations[row] = orEmpty(readText(cursor, types, place, texts))
          break
        case Field.gateway:
          columns.gateways[row] = orEmpty(readText(cursor, types, place, texts))
          break
        case Field.segments:
          readSegments(cursor, types, place, columns, row, segmentKeys)
          break
        case Field.features:
          readFeatures(cursor, types, place, columns, row, featureKeys, limits.maxMapEntries)
          break
        case Field.prediction:
          readValue(cursor, types, place, columns.prediction, row, texts)
          break
        case Field.itemCount:
          columns.itemCounts[row] = readNumber(cursor, types.code, place)
          break
        case Field.latencyMs:
          columns.latenciesMs[row] = readNumber(cursor, types.code, place)
          break
        case Field.error:
          columns.errors[row] = readFlag(cursor, types.code, place)
          break
        case Field.fallback:
          columns.fallbacks[row] = readFlag(cursor, types.code, place)
          break
        case Field.sampled:
          sampled = readFlag(cursor, types.code, place) === 1
          break
        case Field.ruleEffects:
          readRuleEffects(cursor, types, place, columns, row, ruleNames)
          break
      }
      if (cursor.fault !== Code.ok) return cursor.fault
    }
    if (cursor.pos !== cursor.end) return Code.trailingBytes
    if (!sampled) markDropped(columns, row)
    if (columns.models[row] === 0) return Code.missingModel
    const timeMs = columns.timesMs[row]
    return timeMs >= -MAX_TIME_MS && timeMs <= MAX_TIME_MS ? Code.ok : Code.badTime
  }

  /** Writes defaults ahead, so that a record only writes what it holds. */
  const prepare = (columns: EventColumns, row: number): void => {
    if (row >= columns.capacity) throw new RangeError(`event columns of ${columns.capacity} rows are full`)
    if (columns.texts !== texts) throw new Error('event columns and decoder must share their text interner')
    cleanColumns = columns
    cleanFrom = row
    cleanTo = Math.min(row + PREPARED_ROWS, columns.capacity)
    for (const texts of [columns.versions, columns.contexts, columns.operations, columns.gateways]) texts.fill(0, row, cleanTo)
    for (const codes of columns.segments) codes.fill(-1, row, cleanTo)
    for (const numbers of [columns.latenciesMs, columns.itemCounts]) numbers.fill(Number.NaN, row, cleanTo)
    for (const flags of [columns.errors, columns.fallbacks, ...columns.ruleChanges]) flags.fill(0, row, cleanTo)
    for (const feature of columns.features) feature.kinds.fill(ValueKind.absent, row, cleanTo)
    columns.prediction.kinds.fill(ValueKind.null, row, cleanTo)
  }

  const fault = (): Fault | undefined => {
    if (result === Code.ok) return undefined
    const kind = DECODE_RESULTS[result]
    if (kind === 'ok') return undefined
    const found = plans.get(schemaId)
    if (found?.kind === 'fault') return { kind, reason: `${faultReason(result)} (schema ${schemaId}): ${found.reason}` }
    const schema = schemaId < 0 ? '' : ` (schema ${schemaId}${whereIn(found)})`
    return { kind, reason: `${faultReason(result)}${schema}` }
  }

  const whereIn = (found: Plan | undefined): string => {
    const name = found?.fieldNames[step / 2]
    return name === undefined ? '' : `, field ${name}`
  }

  return {
    addSchema: (id, writerSchemaJson) => {
      const made = planOf(writerSchemaJson, name => columnByFeature.get(name) ?? -1)
      plans.set(id, made)
      return made.kind === 'fault'
        ? { kind: 'bad-schema', reason: `schema ${id} cannot be read as a prediction: ${made.reason}` }
        : undefined
    },
    hasSchema: id => plans.has(id),
    decode,
    schemaId: () => schemaId,
    fault,
  }
}

const orEmpty = (code: number): number => Math.max(code, 0)
