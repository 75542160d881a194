/** Position of a declared name. A name that the decoder was not told of is our own bug. */
export const columnOf = (names: readonly string[], name: string, what: string): number => {
  const column = names.indexOf(name)
  if (column < 0) throw new Error(`${what} "${name}" is not in the dictionary: the decoder would step over it`)
  return column
}
