/** Colours of a terminal, or none: then every function returns its text. */
export type Paint = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>>

const ESCAPE = '\u001b'
const sgr = (on: number, off: number) => (text: string) => `${ESCAPE}[${on}m${text}${ESCAPE}[${off}m`
const plain = (text: string): string => text

export const createPaint = (color: boolean): Paint =>
  color
    ? { bold: sgr(1, 22), dim: sgr(2, 22), red: sgr(31, 39), green: sgr(32, 39), yellow: sgr(33, 39), cyan: sgr(36, 39) }
    : { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain }

/** Escape sequences, or single characters; every character used here is one column wide. */
const PIECES = new RegExp(`${ESCAPE}\\[[0-9;]*m|.`, 'gsu')

export const widthOf = (text: string): number => (text.match(PIECES) ?? []).filter(piece => !piece.startsWith(ESCAPE)).length

/** Cut to a width; what was cut off ends in `…`, and colours are switched off behind it. */
export const cut = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text
  let left = width - 1
  const kept = (text.match(PIECES) ?? []).filter(piece => piece.startsWith(ESCAPE) || left-- > 0)
  return `${kept.join('')}…`
}

export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))
export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text

const LEVELS = '▁▂▃▄▅▆▇█'

/** One of eight levels; values outside [low, high] take the nearest. */
export const levelOf = (value: number, low: number, high: number): string => {
  const share = high > low ? (value - low) / (high - low) : 0
  return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, Math.floor(share * LEVELS.length)))]
}

export const bar = (share: number, width: number): string => {
  const done = Math.round(Math.min(1, Math.max(0, share)) * width)
  return '━'.repeat(done) + '┈'.repeat(width - done)
}

export const count = (value: number): string => value.toLocaleString('en-US')

/** Two or three digits that matter. */
export const short = (value: number): string => {
  if (value >= 100) return value.toFixed(0)
  return value.toFixed(value >= 10 ? 1 : 3).replace(/^(-?)0\./, '$1.')
}

/** `06:40` of the simulated day; hours go on past 24. */
export const clock = (sinceStartMs: number): string => {
  const minutes = Math.max(0, Math.floor(sinceStartMs / 60_000))
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
