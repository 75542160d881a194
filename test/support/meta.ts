import type { PartitionMeta } from '../../src/windows/store/port.ts'
import { NO_TIME_MS } from '../../src/windows/time.ts'

export const samplesMeta: PartitionMeta = {
  restart: {
    offset: 0n,
    watermarkMs: NO_TIME_MS,
    maxTimeMs: NO_TIME_MS,
    fingerprint: undefined,
    ledger: { read: 0, inWindows: 0, late: 0, tooLate: 0, deadLettered: 0, skipped: 0 },
    vocabulary: [],
  },
  closedThroughMs: NO_TIME_MS,
  deletedThroughMs: NO_TIME_MS,
  idle: false,
}
