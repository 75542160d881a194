/** A table for people: a header, columns as wide as needed, numbers right-aligned. */
export const table = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): string => {
  const cells = [header, ...rows.map(row => row.map(cell => String(cell)))]
  const widths = header.map((_, column) => Math.max(...cells.map(row => row[column].length)))
  const isNumber = header.map((_, column) => rows.length > 0 && rows.every(row => typeof row[column] === 'number'))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd()
  return `${[line(cells[0]), widths.map(width => '-'.repeat(width)).join('  '), ...cells.slice(1).map(line)].join('\n')}\n`
}
