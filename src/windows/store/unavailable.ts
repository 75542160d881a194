/** Why a call could not be answered. */
export type UnavailableReason =
  /** No reply in time: it may or may not have been done, now or later. */
  | 'timeout'
  /** No connection, or it was lost while waiting for the reply: done or not done. */
  | 'connection'
  /** The store may not grow any more: not done. */
  | 'out-of-memory'
  /** The server answers but cannot serve now (loading, read-only replica, part of a cluster down): not done. */
  | 'refused'

/**
 * Thrown by every call of a store port when the world is slow. The caller pauses, backs off, and sends the same command
 * again (same commit id: a call that was done after all answers `duplicate`).
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly reason: UnavailableReason

  constructor(reason: UnavailableReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
