/** Where an event stands in its log. `recordTimeMs` is part of the log too: reading it again gives the same. */
export type RecordAddress = Readonly<{
  topic: string
  partition: number
  offset: number
  recordTimeMs: number
}>

/** A document as it is sent: `source` is JSON text. */
export type BulkDocument = Readonly<{ index: string; id: string; source: string }>

/**
 * `<topic>-<partition>-<offset>`: the same record has the same id, however often it is sent. `incarnation` tells a topic from
 * one of the same name that was deleted: without it the new topic's first records would pass for the old one's. Empty: left out.
 */
export const documentId = ({ topic, partition, offset }: RecordAddress, incarnation: string): string =>
  incarnation === '' ? `${topic}-${partition}-${offset}` : `${topic}-${incarnation}-${partition}-${offset}`

const FIRST_MS = Date.UTC(2000, 0)
const LAST_MS = Date.UTC(2100, 0)

/**
 * `<index>-YYYY.MM`, in UTC, by the record's time in the log: a function of the record, so an event that is sent again meets
 * its first copy; and, unlike event time, not the gateways' to choose (LogAppendTime), so no event makes indices at will.
 * `<index>-undated` outside this century. An index a month is what can be deleted when it is old.
 */
export const monthlyIndex = (index: string, recordTimeMs: number): string =>
  recordTimeMs >= FIRST_MS && recordTimeMs < LAST_MS
    ? `${index}-${new Date(recordTimeMs).toISOString().slice(0, 7).replace('-', '.')}`
    : `${index}-undated`

/** The event's own fields, and `tidemark`: where it stands in the log. `eventJson` is the text of a JSON object. */
export const documentSource = (eventJson: string, { topic, partition, offset, recordTimeMs }: RecordAddress): string => {
  const where = `"tidemark":{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${offset},"recordTime":${recordTimeMs}}}`
  const fields = eventJson.slice(0, -1)
  return fields === '{' ? `{${where}` : `${fields},${where}`
}

/**
 * The body of a `_bulk` request. `create`, not `index`: a copy that is there already is left alone and answered with 409,
 * which costs Elasticsearch less than writing it anew.
 */
export const encodeBulk = (documents: readonly BulkDocument[]): Buffer => {
  const actions = documents.map(({ index, id }) => `{"create":{"_index":${JSON.stringify(index)},"_id":${JSON.stringify(id)}}}\n`)
  let size = 0
  for (const [i, { source }] of documents.entries()) size += Buffer.byteLength(actions[i]) + Buffer.byteLength(source) + 1
  // of its exact size, and no text of the whole beside it: a body is some MB
  const body = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const [i, { source }] of documents.entries()) {
    at += body.write(actions[i], at)
    at += body.write(source, at)
    at += body.write('\n', at)
  }
  return body
}
