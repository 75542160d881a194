/** A record's value as the text of a JSON object. */
export type Transcoded =
  | Readonly<{ kind: 'json'; text: string }>
  | Readonly<{ kind: 'undecodable'; reason: string }>
  /** The schema registry does not answer: the same record later. */
  | Readonly<{ kind: 'unavailable'; reason: string }>

/** Of `bytes[start, end)`. A promise only where a schema must be fetched first. */
export type Transcode = (bytes: Buffer, start: number, end: number) => Transcoded | Promise<Transcoded>
