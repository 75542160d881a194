/** Longer than anything takes that is still being closed. */
const LINGER_MS = 1_000

/**
 * Everything was stopped: this thread (of a process, the process) ends by itself, or is ended after a second. kafkajs keeps a
 * connection that it was opening while it was told to disconnect, and with it the thread.
 */
export const endSoon = (): void => {
  setTimeout(() => process.exit(), LINGER_MS).unref()
}
