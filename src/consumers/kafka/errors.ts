/** Error codes of the protocol that a reader meets, by name. */
export const ERROR_NAMES: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  9: 'REPLICA_NOT_AVAILABLE',
  13: 'NETWORK_EXCEPTION',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  78: 'OFFSET_NOT_AVAILABLE',
}

/** What a Fetch's error code says to the reader. */
export type FetchErrorKind = 'out-of-range' | 'corrupt' | 'moved' | 'refused'

/**
 * `moved`: ask for the leader again and retry. `refused`: retrying changes nothing by itself (permissions, a bug); the
 * caller's back-off is enough.
 */
export const kindOfFetchError = (code: number): FetchErrorKind => {
  switch (ERROR_NAMES[code]) {
    case 'OFFSET_OUT_OF_RANGE':
      return 'out-of-range'
    case 'CORRUPT_MESSAGE':
      return 'corrupt'
    case 'TOPIC_AUTHORIZATION_FAILED':
    case undefined:
      return 'refused'
    default:
      return 'moved'
  }
}

export const errorName = (code: number): string => ERROR_NAMES[code] ?? `error code ${code}`

/** One line for an error of kafkajs, whose reason may hide in its causes. */
export const sentenceOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const type = typeOf(error)
  return type === undefined || error.message.includes(type) ? error.message : `${type}: ${error.message}`
}

/** kafkajs's name of the protocol error in `error` or the error that caused it. */
export const typeOf = (error: unknown): string | undefined => {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') return at.type
  }
  return undefined
}
