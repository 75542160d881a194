import type { Log } from '../../consumers/log.ts'

/** The topic's id as of after the call; null where the log gives none. One question at a time answers all who ask meanwhile. */
export type Incarnation = () => Promise<string | null>

export const createIncarnation = (log: Pick<Log, 'topicId'>, topic: string): Incarnation => {
  let current: Promise<string | null> | undefined
  let next: Promise<string | null> | undefined
  const ask = (): Promise<string | null> => {
    current = log.topicId(topic).finally(() => {
      current = undefined
    })
    return current
  }
  return () => {
    if (current === undefined) return ask()
    next ??= current
      .catch(() => {})
      .then(() => {
        next = undefined
        return ask()
      })
    return next
  }
}
