import { StoredStateRefused } from './monitor/restore.ts'
import { TopicsUnfit } from './topics.ts'

/** What no waiting cures: someone must change the configuration, the topics or the stored state. */
export const isUnusable = (error: unknown): boolean => error instanceof StoredStateRefused || error instanceof TopicsUnfit
