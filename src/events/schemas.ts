import { readFileSync } from 'node:fs'

const read = (name: string): string => readFileSync(new URL(`../../schemas/${name}.avsc`, import.meta.url), 'utf8')

/** The contracts in `schemas/`, as the JSON that stands there. */
export const SCHEMAS = {
  prediction: read('prediction'),
  outcome: read('outcome'),
  windowResult: read('window-result'),
  alert: read('alert'),
} as const

export type SchemaName = keyof typeof SCHEMAS

/** The subject of a topic's values in the schema registry (TopicNameStrategy). */
export const valueSubject = (topic: string): string => `${topic}-value`
