/**
 * Text by its UTF-8 bytes, as small integer codes: a string is made once per distinct value, not once per event.
 *
 * A cache, not a vocabulary: `clear` forgets everything and raises `generation`, and whoever keeps something by code must
 * drop it when the generation has changed. Code 0 is always the empty text.
 */
export type TextInterner = {
  /** Rises with every `clear`. */
  readonly generation: number
  /** Distinct texts held now. */
  readonly size: number
  /** The code of `bytes[start, end)`. */
  intern(bytes: Uint8Array, start: number, end: number): number
  /** The code of a string. */
  code(text: string): number
  /** The text of a code of this generation. */
  text(code: number): string
  clear(): void
}
