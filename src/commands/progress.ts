import type { CommandIo } from './io.ts'

/** Progress of long work on standard error: a bar that is drawn over on a terminal, a line now and then in a pipe. */
export type Progress = Readonly<{
  update(done: number, total: number, note: string): void
  done(note: string): void
}>

const BAR = 30
const TERMINAL_MS = 100
const PIPE_MS = 10_000

export const createProgress = (what: string, io: Pick<CommandIo, 'stderr'>, now: () => number = Date.now): Progress => {
  const everyMs = io.stderr.isTTY ? TERMINAL_MS : PIPE_MS
  let drawnMs = now()
  const draw = (share: number, note: string): void => {
    const percent = `${Math.floor(share * 100)}`.padStart(3)
    if (io.stderr.isTTY) {
      const full = Math.round(share * BAR)
      io.stderr.write(`\r\u001b[2K${what} [${'='.repeat(full)}${' '.repeat(BAR - full)}] ${percent} %  ${note}`)
    } else io.stderr.write(`${what}: ${percent.trim()} %, ${note}\n`)
  }
  return {
    update: (done, total, note) => {
      if (now() - drawnMs < everyMs) return
      drawnMs = now()
      draw(total > 0 ? Math.min(1, done / total) : 0, note)
    },
    done: note => {
      draw(1, note)
      if (io.stderr.isTTY) io.stderr.write('\n')
    },
  }
}
