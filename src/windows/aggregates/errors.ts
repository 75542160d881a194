import { flagRatio } from './ratio.ts'

/** `error_ratio`: events with an error code, of all events. */
export const errors = flagRatio('error_ratio', '', columns => columns.errors)
