/** What a command may touch of the process, so that tests can hand it something else. */
export type CommandIo = Readonly<{
  stdout: TextSink
  stderr: TextSink
  env: Readonly<Record<string, string | undefined>>
}>

export type TextSink = Readonly<{
  write(text: string): void
  /** A terminal: progress may be drawn over; else plain lines. */
  isTTY: boolean
}>

/** As sysexits.h has them, and what shells expect of 0 and 1. */
export const ExitCode = { ok: 0, failed: 1, usage: 64, config: 78 } as const

export const processIo = (): CommandIo => ({
  stdout: { write: text => void process.stdout.write(text), isTTY: process.stdout.isTTY === true },
  stderr: { write: text => void process.stderr.write(text), isTTY: process.stderr.isTTY === true },
  env: process.env,
})

/** An io that keeps what was written. */
export const memoryIo = (env: CommandIo['env'] = {}): CommandIo & Readonly<{ out(): string; err(): string }> => {
  const [out, err]: [string[], string[]] = [[], []]
  const keeping = (kept: string[]): TextSink => ({ write: text => void kept.push(text), isTTY: false })
  return { stdout: keeping(out), stderr: keeping(err), env, out: () => out.join(''), err: () => err.join('') }
}
