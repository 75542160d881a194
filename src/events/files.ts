import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CsvError, type Info, parse } from 'csv-parse'
import { type CsvMapping, type CsvRow, csvReader } from './csv.ts'
import { type Parsed, parsePrediction } from './json.ts'
import { linesOf, objectsOf, type Piece } from './lines.ts'
import type { Prediction } from './prediction.ts'

export type { CsvMapping }

/** An event of a file, or what is wrong with it. Lines count from 1; 0 is the file as a whole. Bytes are those on disk, of all files. */
export type FileEntry = Readonly<{ file: string; line: number; bytesRead: number; bytesTotal: number }> &
  Readonly<{ kind: 'prediction'; prediction: Prediction } | { kind: 'problem'; message: string }>

/**
 * Predictions of files, in order: `.ndjson` (or `.jsonl`), `.json`, `.csv`, each also with `.gz`. What cannot be read is a
 * problem among the entries, never thrown; after a problem of a whole file the next file follows. Memory is bounded: nothing is
 * kept of what was handed over. `csv` says how columns are read; without it a CSV file is a problem.
 */
export async function* readPredictions(files: readonly string[], csv: CsvMapping | null = null): AsyncGenerator<FileEntry> {
  const sizes = await Promise.all(files.map(sizeOf))
  const bytesTotal = sizes.reduce((sum, size) => sum + size, 0)
  let bytesBefore = 0
  for (const [i, file] of files.entries()) {
    const source = open(file)
    for await (const { line, ...found } of entriesOf(file, source, csv)) {
      const at = { file, line, bytesRead: bytesBefore + source.bytesRead(), bytesTotal }
      yield found.kind === 'problem' ? { ...at, kind: 'problem', message: found.message } : { ...at, ...found }
    }
    bytesBefore += sizes[i]
  }
}

type Entry = Readonly<{ line: number }> & (Parsed | Readonly<{ kind: 'problem'; message: string }>)
type Source = Readonly<{ chunks: AsyncIterable<Buffer>; bytesRead(): number }>

const sizeOf = async (file: string): Promise<number> => {
  try {
    return (await stat(file)).size
  } catch {
    return 0
  }
}

const open = (file: string): Source => {
  const raw = createReadStream(file)
  // Without a callback, pipeline would leave the error of the first stream to nobody.
  const chunks = file.endsWith('.gz') ? pipeline(raw, createGunzip(), () => {}) : raw
  return { chunks, bytesRead: () => raw.bytesRead }
}

async function* entriesOf(file: string, { chunks }: Source, csv: CsvMapping | null): AsyncGenerator<Entry> {
  let line = 0
  try {
    for await (const entry of entriesIn(file, chunks, csv)) {
      line = entry.line
      yield entry
    }
  } catch (error) {
    yield { kind: 'problem', line: error instanceof CsvError ? Number(error.lines ?? line) : line, message: reasonOf(error) }
  }
}

const entriesIn = (file: string, chunks: AsyncIterable<Buffer>, csv: CsvMapping | null): AsyncIterable<Entry> => {
  const name = file.replace(/\.gz$/i, '').toLowerCase()
  if (name.endsWith('.ndjson') || name.endsWith('.jsonl')) return parsed(linesOf(chunks))
  if (name.endsWith('.json')) return parsed(objectsOf(chunks))
  if (!name.endsWith('.csv'))
    return problem('a file of unknown kind: its name must end in .ndjson, .jsonl, .json or .csv, or that and .gz')
  return csv === null ? problem('a CSV file needs a mapping of its columns') : rowsOf(file, chunks, csv)
}

async function* problem(message: string): AsyncGenerator<Entry> {
  yield { kind: 'problem', line: 0, message }
}

async function* parsed(pieces: AsyncIterable<Piece>): AsyncGenerator<Entry> {
  for await (const piece of pieces) {
    if (piece.kind === 'bad') yield { kind: 'problem', line: piece.line, message: piece.message }
    else yield { line: piece.line, ...parsePrediction(piece.text) }
  }
}

async function* rowsOf(file: string, chunks: AsyncIterable<Buffer>, mapping: CsvMapping): AsyncGenerator<Entry> {
  // Rows of another length are answered by name below; the library would stop at the first.
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true })
  const rows = pipeline(chunks, parser, () => {})
  let read: CsvRow | undefined
  // A row begins on the line after the one before it ended.
  let line = 1
  for await (const { record, info } of rows as AsyncIterable<Readonly<{ record: string[]; info: Info }>>) {
    if (read === undefined) {
      const reader = csvReader(mapping, record)
      if (reader.kind === 'problem') {
        yield { kind: 'problem', line, message: reader.message }
        return
      }
      read = reader.read
    } else {
      yield { line, ...read(record, `${file}:${line}`) }
    }
    line = info.lines + 1
  }
}

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT':
      return 'no such file'
    case 'EISDIR':
      return 'a directory, not a file'
    case 'EACCES':
      return 'no permission to read the file'
    case 'Z_BUF_ERROR':
      return 'the gzip file is cut off'
    case 'Z_DATA_ERROR':
      return `not gzip, or damaged (${message})`
    default:
      return message
  }
}
