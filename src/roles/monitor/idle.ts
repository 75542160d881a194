import type { PartitionMeta } from '../../windows/store/port.ts'
import { NO_TIME_MS } from '../../windows/time.ts'

/**
 * To where an idle partition raises its watermark: that of the furthest live partition; when all are idle, its own plus the
 * wall time since it went idle (never to "now": a stream of old data would all be late), or as far as any other got.
 */
export const idleTarget = (
  others: readonly (PartitionMeta | null)[],
  own: Readonly<{ watermarkMs: number; idleForMs: number }>,
): number => {
  const known = others.filter(meta => meta !== null)
  const live = known.filter(meta => !meta.idle)
  if (live.length > 0) return Math.max(...live.map(meta => meta.closedThroughMs))
  const elapsed = own.watermarkMs === NO_TIME_MS ? NO_TIME_MS : own.watermarkMs + own.idleForMs
  return Math.max(elapsed, ...known.map(meta => meta.closedThroughMs))
}
