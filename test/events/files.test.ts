import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { CsvMapping } from '../../src/events/csv.ts'
import { type FileEntry, readPredictions } from '../../src/events/files.ts'
import { predictionToJson } from '../../src/events/json.ts'
import { linesOf, MAX_PIECE_BYTES, objectsOf, type Piece } from '../../src/events/lines.ts'
import { anyPrediction } from './predictions.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, content: string | Buffer): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const collect = async <T>(values: AsyncIterable<T>): Promise<readonly T[]> => {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}
const readAll = async (files: readonly string[], csv: CsvMapping | null = null): Promise<readonly FileEntry[]> =>
  collect(readPredictions(files, csv))
const brief = (entries: readonly FileEntry[]) =>
  entries.map(entry => `${entry.line} ${entry.kind === 'problem' ? entry.message : entry.prediction.id}`)
const event = (id: string): string => JSON.stringify({ id, time: 0, model: 'm', version: '1' })

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('event files', () => {
  test('are read in order, each event with its line, and how far reading has come', async () => {
    const lines = `${event('a')}\n\n${event('b')}\r\n${event('c')}`
    const files = [
      write('1.ndjson', lines),
      write('2.jsonl.gz', gzipSync(lines)),
      write('3.json', `[${event('d')},\n ${event('e')}]`),
    ]
    const entries = await readAll(files)
    expect(brief(entries)).toEqual(['1 a', '3 b', '4 c', '1 a', '3 b', '4 c', '1 d', '2 e'])
    expect(entries.map(entry => files.indexOf(entry.file))).toEqual([0, 0, 0, 1, 1, 1, 2, 2])
    const last = entries[entries.length - 1]
    expect(last.bytesRead).toBe(last.bytesTotal)
    const bytesRead = entries.map(entry => entry.bytesRead)
    expect(bytesRead).toEqual(bytesRead.toSorted((a, b) => a - b))
  })

  test('give back the predictions that were written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPrediction, { maxLength: 5 }), async predictions => {
        const json = predictions.map(prediction => JSON.stringify(predictionToJson(prediction)))
        const files = [
          write('p.ndjson.gz', gzipSync(json.join('\n'))),
          write(
            'p.json',
            JSON.stringify(
              json.map(text => JSON.parse(text)),
              null,
              2,
            ),
          ),
        ]
        for (const file of files) {
          const entries = await readAll([file])
          expect(entries.map(entry => (entry.kind === 'prediction' ? entry.prediction : entry.message))).toEqual(predictions)
        }
      }),
      { numRuns: 25 },
    )
  })

  test('with bad lines go on after them', async () => {
    const bad = write(
      'bad.ndjson',
      Buffer.concat([
        Buffer.from(`\uFEFF${event('a')}\n{"id":1}\nno json\n`),
        Buffer.from([0xff, 0x0a]),
        Buffer.from(event('b')),
      ]),
    )
    expect(brief(await readAll([bad]))).toEqual([
      '1 a',
      '2 id is 1; it must be a string: "1"',
      expect.stringMatching(/^3 not JSON: .*"no json"$/),
      '4 not UTF-8',
      '5 b',
    ])
  })

  test('that cannot be read are problems, and the next file follows', async () => {
    const good = write('good.ndjson', event('a'))
    const gzip = gzipSync(`${event('b')}\n${'x'.repeat(100_000)}`)
    const directory = join(folder, 'directory.ndjson')
    mkdirSync(directory)
    const files = [
      join(folder, 'missing.ndjson'),
      good,
      directory,
      write('cut.ndjson.gz', gzip.subarray(0, gzip.length - 20)),
      write('plain.ndjson.gz', 'not gzip at all'),
      write('unknown.parquet', 'x'),
      write('rows.csv', 'a,b\n'),
      good,
    ]
    const found = brief(await readAll(files))
    expect(found[0]).toBe('0 no such file')
    expect(found).toContain('0 a file of unknown kind: its name must end in .ndjson, .jsonl, .json or .csv, or that and .gz')
    expect(found).toContain('0 a directory, not a file')
    expect(found).toContain('0 a CSV file needs a mapping of its columns')
    expect(found.filter(line => line.endsWith('the gzip file is cut off'))).toHaveLength(1)
    expect(found.filter(line => line.includes('not gzip, or damaged'))).toHaveLength(1)
    expect(found.filter(line => line === '1 a')).toHaveLength(2)
  })
})

describe('a CSV file', () => {
  const csv: CsvMapping = { time: 'time', model: { constant: 'm' }, version: { constant: '1' }, features: ['temp', 'note'] }

  test('is read by its header, over quotes and line breaks', async () => {
    const file = write('a.csv', '\uFEFFtime,temp,note\n0,1.5,"a ""b"", c\nd"\n\n1,2,x\n2,3\n3,,y\n')
    const entries = await readAll([file], csv)
    expect(brief(entries)).toEqual([`2 ${file}:2`, `4 ${file}:4`, '6 2 cells, but the header has 3', `7 ${file}:7`])
    expect(entries[0]).toMatchObject({ prediction: { features: { temp: 1.5, note: 'a "b", c\nd' } } })
    expect(entries[3]).toMatchObject({ prediction: { features: { temp: null, note: 'y' } } })
  })

  test('is read from gzip', async () => {
    const file = write('a.csv.gz', gzipSync('time,temp,note\n0,1,x\n'))
    expect(await readAll([file], csv)).toMatchObject([{ line: 2, prediction: { features: { temp: 1, note: 'x' } } }])
  })

  test('without the columns of the mapping is one problem', async () => {
    expect(brief(await readAll([write('b.csv', 'time,temp\n0,1\n1,2\n')], csv))).toEqual([
      '1 no column "note" in the header "time,temp"',
    ])
  })

  test('with a quote that never ends is a problem at its line', async () => {
    const entries = brief(await readAll([write('c.csv', 'time,temp,note\n0,1,x\n1,2,"y\n')], csv))
    expect(entries).toHaveLength(2)
    expect(entries[1]).toMatch(/^\d Quote Not Closed/)
  })
})

describe('pieces of a file', () => {
  const texts = async (pieces: AsyncIterable<Piece>): Promise<readonly string[]> =>
    (await collect(pieces)).map(piece =>
      piece.kind === 'text' ? `${piece.line}:${piece.text}` : `${piece.line}!${piece.message}`,
    )

  test('are the same however the file is cut into chunks', async () => {
    const lines = Buffer.from('{"a":"ä\\"}{"}\n\n  \nxyz\n{"b":[1,{"c":2}]}')
    const objects = Buffer.from('[{"a":"ä\\"}{"},\n{"b":\n[1,{"c":2}]}\n]\n{"d":1}')
    for (let size = 1; size < 50; size++) {
      expect(await texts(linesOf(inChunks(lines, size)))).toEqual(['1:{"a":"ä\\"}{"}', '4:xyz', '5:{"b":[1,{"c":2}]}'])
      expect(await texts(objectsOf(inChunks(objects, size)))).toEqual(['1:{"a":"ä\\"}{"}', '2:{"b":\n[1,{"c":2}]}', '5:{"d":1}'])
    }
  })

  test('that never end are not kept', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      const chunk = Buffer.alloc(1 << 20, 'x')
      for (let i = 0; i < MAX_PIECE_BYTES / chunk.length + 3; i++) yield chunk
      yield Buffer.from('\nok\n')
    }
    expect(await texts(linesOf(endless()))).toEqual([`1!longer than ${MAX_PIECE_BYTES} bytes`, '2:ok'])
  })

  test('of a JSON file that is none are a problem at its line', async () => {
    expect(await texts(objectsOf(inChunks(Buffer.from('{"a":1}\n"b"'), 100)))).toEqual([
      '1:{"a":1}',
      '2!not JSON: "\\"b\\"" stands where an object must begin',
    ])
    expect(await texts(objectsOf(inChunks(Buffer.from('[\n{"a":'), 100)))).toEqual([
      '2!not JSON: the file ends within this object',
    ])
  })
})
