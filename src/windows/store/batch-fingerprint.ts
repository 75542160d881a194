/**
 * What recognises a log that was deleted and made again, or truncated: base offset and CRC of the last record batch
 * before a restart point. Empty before the first batch.
 */
export type BatchFingerprint = Readonly<{ baseOffset: bigint; crc: number }> | undefined
