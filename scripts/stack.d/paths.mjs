import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '../..')

/** What belongs to this clone: state.json, the servers' data, their logs. */
export const stackDir = resolve(process.env.TIDEMARK_STACK_DIR || join(repository, '.stack'))

/** Downloads, shared by all clones of one user. */
export const cacheDir = resolve(process.env.TIDEMARK_STACK_CACHE || join(homedir(), '.cache/tidemark-stack'))
