import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { type CsvMapping, csvMappingSchema } from '../events/csv.ts'

/** A mapping file cannot be used; the message lists everything that is wrong with it. */
export class BadCsvMapping extends Error {
  override readonly name = 'BadCsvMapping'
}

/** The YAML file that says which column of a CSV file is what (docs/files.md). */
export const readCsvMapping = (file: string): CsvMapping => {
  let value: unknown
  try {
    value = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new BadCsvMapping(`${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  const checked = csvMappingSchema.safeParse(value)
  if (!checked.success) throw new BadCsvMapping(`${file}: is no mapping of columns\n${z.prettifyError(checked.error)}`)
  return checked.data
}
