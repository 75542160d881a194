import type { Meters } from './meters.ts'

/** What became of a document that was sent to the archive. */
export type ArchiveOutcome = 'created' | 'duplicate' | 'refused' | 'undecodable' | 'skipped'

export type ArchiveMetrics = Readonly<{
  archived(outcome: ArchiveOutcome, count: number): void
  /** A bulk request: answered document by document, or to be sent again as a whole. */
  archiveRequest(result: 'ok' | 'retry', durationMs: number): void
}>

export const createArchiveMetrics = ({ counter, seconds }: Meters): ArchiveMetrics => {
  const documents = counter('archive_documents_total', 'Records by what the archive did with them.', ['outcome'])
  const requests = seconds('archive_request_duration', 'Bulk requests to Elasticsearch, by result.', ['result'])
  return {
    archived: (outcome, count) => documents.inc({ outcome }, count),
    archiveRequest: (result, durationMs) => requests.observe({ result }, durationMs / 1000),
  }
}
