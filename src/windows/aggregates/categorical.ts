import { type EventColumns, type ValueColumn, ValueKind } from '../../events/columns.ts'
import type { Aggregate } from '../aggregate.ts'
import type { DriftInput } from '../drift/drift-test.ts'
import type { CategoricalProfile } from '../reference/reference.ts'
import { type CategoryCodes, createCategoryCodes } from './category-codes.ts'
import { driftContributors, driftMeasures } from './drift-measures.ts'
import { ratioMeasure } from './ratio.ts'
import type { Subject } from './subject.ts'
import { kindMeasures, MISSING, WRONG_TYPE } from './value-measures.ts'

/** Cells after those of value-measures.ts: a count per value of the vocabulary, then `unseen`. */
const COUNTS = 2

/**
 * A categorical feature. Booleans are the categories "true" and "false", numbers match by their text ("1", "0.5"); an array is
 * of the wrong type. Without a reference there is no vocabulary: values are only counted.
 */
export const categorical = (subject: Subject, profile: CategoricalProfile | null): Aggregate => {
  const vocabulary = profile?.values.map(({ value }) => value) ?? []
  const codes = createCategoryCodes(vocabulary)
  const end = COUNTS + vocabulary.length + 1
  // a vocabulary may be cut off: what the reference saw beyond it is unseen on both sides
  const listed = profile?.values.map(({ count }) => count) ?? []
  const reference = [...listed, (profile?.n ?? 0) - listed.reduce((total, count) => total + count, 0)]
  const driftInput = (cells: Float64Array, at: number): DriftInput => ({
    scale: 'nominal',
    window: cells.subarray(at + COUNTS, at + end),
    reference,
  })
  return {
    name: subject.aggregate,
    runs: [{ op: 'add', count: end }],
    observe: (cells, at, columns, rows, count) => foldCategories(codes, cells, at, columns, subject.column(columns), rows, count),
    summarize: (cells, at) => {
      const input = driftInput(cells, at)
      let n = 0
      for (let i = 0; i <= codes.unseen; i++) n += input.window[i]
      const kinds = kindMeasures(subject.name, cells, at, n)
      if (profile === null) return kinds
      const unseen = ratioMeasure('unseen_ratio', subject.name, input.window[codes.unseen], n)
      return [...kinds, unseen, ...driftMeasures(subject.name, input)]
    },
    explain: (cells, at, metric) =>
      profile === null
        ? []
        : driftContributors(metric, driftInput(cells, at), 'category', members => categoryName(vocabulary, members)),
  }
}

const categoryName = (vocabulary: readonly string[], members: readonly number[]): string => {
  const [first] = members
  if (members.length === 1) return first === vocabulary.length ? '(unseen)' : vocabulary[first]
  const rare = members.length - 1
  return `(${rare} rare ${rare === 1 ? 'value' : 'values'} and unseen)`
}

const foldCategories = (
  categories: CategoryCodes,
  cells: Float64Array,
  at: number,
  { texts }: EventColumns,
  column: ValueColumn,
  rows: Int32Array,
  count: number,
): void => {
  const { kinds, numbers, texts: codes } = column
  const positions = categories.byCode(texts)
  const counts = at + COUNTS
  for (let i = 0; i < count; i++) {
    const row = rows[i]
    const kind = kinds[row]
    if (kind === ValueKind.text) {
      const code = codes[row]
      let position = positions[code] - 1
      if (position < 0) {
        position = categories.ofText(texts.text(code))
        positions[code] = position + 1
      }
      cells[counts + position]++
    } else if (kind === ValueKind.number) cells[counts + categories.ofNumber(numbers[row])]++
    else if (kind === ValueKind.boolean) cells[counts + categories.booleans[numbers[row] === 0 ? 0 : 1]]++
    else if (kind === ValueKind.vector) cells[at + WRONG_TYPE]++
    else if (kind !== ValueKind.dropped) cells[at + MISSING]++
  }
}
