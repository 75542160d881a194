import type { Ledger } from './store/port.ts'

export const NO_EVENTS: Ledger = { read: 0, inWindows: 0, late: 0, tooLate: 0, deadLettered: 0, skipped: 0 }

export const addLedgers = (a: Ledger, b: Ledger): Ledger => ({
  read: a.read + b.read,
  inWindows: a.inWindows + b.inWindows,
  late: a.late + b.late,
  tooLate: a.tooLate + b.tooLate,
  deadLettered: a.deadLettered + b.deadLettered,
  skipped: a.skipped + b.skipped,
})
