/** What `decode` can answer, by result code: the position in this list. `ok` is 0. */
export const DECODE_RESULTS = [
  'ok',
  'null-value',
  'not-avro',
  'unknown-schema',
  'bad-schema',
  'truncated',
  'trailing-bytes',
  'bad-union-index',
  'bad-length',
  'missing-model',
  'bad-time',
  'record-too-large',
  'map-too-large',
  'wrong-type',
  'too-deep',
] as const

export type DecodeResult = (typeof DECODE_RESULTS)[number]
export type FaultKind = Exclude<DecodeResult, 'ok'>

/** Why a schema cannot be used, or a record not be read. `reason` is a sentence for people. */
export type Fault = Readonly<{ kind: FaultKind; reason: string }>

/** The result codes by name, for the readers: a comparison of small integers, no string in a hot loop. */
export const Code = {
  ok: 0,
  nullValue: 1,
  notAvro: 2,
  unknownSchema: 3,
  badSchema: 4,
  truncated: 5,
  trailingBytes: 6,
  badUnionIndex: 7,
  badLength: 8,
  missingModel: 9,
  badTime: 10,
  recordTooLarge: 11,
  mapTooLarge: 12,
  wrongType: 13,
  tooDeep: 14,
} as const

const REASONS = {
  ok: 'the record was read',
  'null-value': 'the record has no value (a tombstone or a watermark marker)',
  'not-avro':
    "the value does not begin with Confluent's five bytes (0 and a schema id): the producer must use a schema registry serializer",
  'unknown-schema': 'the schema id in front of the value is not in the schema registry',
  'bad-schema': 'the writer schema cannot be read as a prediction',
  truncated: 'the value ends before its fields do',
  'trailing-bytes': 'bytes are left over after the last field: the value was not written with the schema that it names',
  'bad-union-index': 'a union index is outside its union: the value was not written with the schema that it names',
  'bad-length':
    'a length or a number is impossible (negative, or longer than ten bytes): the value was not written with the schema that it names',
  'missing-model': 'the model is empty: there is no series to count the event in',
  'bad-time': 'the event time is null or outside -271821-04-20 to 275760-09-13: it must be milliseconds since the epoch',
  'record-too-large': 'the value is larger than limits.maxRecordBytes',
  'map-too-large': 'the features map has more entries than limits.maxMapEntries',
  'wrong-type': 'a union holds a value of a type that its field cannot take',
  'too-deep': 'values are nested too deep',
} as const satisfies Record<DecodeResult, string>

/** One sentence for people: a dead letter's reason. */
export const faultReason = (code: number): string => REASONS[DECODE_RESULTS[code]]
