import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { formatPath, type Path, type Place, type Problem } from './problem.ts'

/** A YAML text: its plain values, and where each of them stands. */
export type Source = Readonly<{
  /** Mappings, lists, texts, numbers; null for an empty file. */
  value: unknown
  problems: readonly Problem[]
  /** The place of a path's value or key, or of what is nearest to it, and the path as far as the file can be said to have it. */
  locate(path: Path, at: 'key' | 'value'): Readonly<{ place: Place; path: string }>
}>

const CURES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'close the brackets, and indent the keys of one mapping by the same number of spaces',
  MULTIPLE_DOCS: 'keep one document: remove the `---` line',
  MISSING_CHAR: 'close the bracket, brace or quote, or add the missing `:`',
}

export const parseSource = (text: string, file: string): Source => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, merge: true })
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { kind: 'file', file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)

  const locate: Source['locate'] = (path, at) => {
    let node: unknown = document.contents
    let offset = isNode(node) ? startOf(node) : 0
    const shown: (string | number)[] = []
    for (const [depth, key] of path.entries()) {
      const within: unknown = resolved(node)
      if (isMap(within)) {
        const pair = within.items.find(item => String(isScalar(item.key) ? item.key.value : item.key) === String(key))
        if (!pair) return { place: placeAt(offset), path: formatPath(path) }
        node = pair.value
        // What spans lines, or has nothing behind its key, is shown at its key.
        const atKey = !isScalar(node) || node.source === '' || (at === 'key' && depth === path.length - 1)
        offset = startOf(atKey ? pair.key : node)
      } else if (isSeq(within) && typeof key === 'number' && key < within.items.length) {
        node = within.items[key]
        offset = isNode(node) ? startOf(node) : offset
      }
      // A list may be short for a mapping with this list under a key.
      else if (isSeq(within)) continue
      else break
      shown.push(key)
    }
    return { place: placeAt(offset), path: formatPath(shown) }
  }

  const problems: Problem[] = document.errors.map(error => ({
    place: placeAt(error.pos[0]),
    path: '',
    message: `this is not YAML: ${error.message}`,
    cure: CURES[error.code] ?? 'correct the syntax here or just before',
  }))
  if (problems.length > 0) return { value: undefined, problems, locate }

  const seekDuplicates = (node: unknown, path: Path): void => {
    if (isSeq(node)) for (const [i, item] of node.items.entries()) seekDuplicates(item, [...path, i])
    if (!isMap(node)) return
    const firstLine = new Map<string, number>()
    for (const { key, value } of node.items) {
      const name = String(isScalar(key) ? key.value : key)
      const { line } = lines.linePos(startOf(key))
      const earlier = firstLine.get(name)
      if (earlier !== undefined)
        problems.push({
          place: placeAt(startOf(key)),
          path: formatPath([...path, name]),
          message: `is given twice; first on line ${earlier}`,
          cure: 'keep one of them',
        })
      firstLine.set(name, earlier ?? line)
      seekDuplicates(value, [...path, name])
    }
  }
  seekDuplicates(document.contents, [])
  try {
    const value: unknown = document.toJS()
    return { value, problems, locate }
  } catch (error) {
    // An alias without its anchor, or aliases that multiply without end.
    const message = `this is not YAML: ${error instanceof Error ? error.message : String(error)}`
    problems.push({ place: placeAt(0), path: '', message, cure: 'write the value out instead of `*alias`' })
    return { value: undefined, problems, locate }
  }
}

const startOf = (node: unknown): number => (isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0)
