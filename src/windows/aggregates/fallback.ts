import { flagRatio } from './ratio.ts'

/** `fallback_ratio`: events answered by the fallback, of all events. */
export const fallback = flagRatio('fallback_ratio', '', columns => columns.fallbacks)
