import { ByteTable } from './byte-table.ts'

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

export const createTextInterner = (): TextInterner => new HashInterner()

class HashInterner implements TextInterner {
  generation = 0
  private readonly table = new ByteTable()
  private readonly texts: (string | undefined)[] = ['']
  private scratch = Buffer.allocUnsafeSlow(256)

  get size(): number {
    return this.table.size
  }

  intern(bytes: Uint8Array, start: number, end: number): number {
    return this.table.add(bytes, start, end)
  }

  code(text: string): number {
    const most = text.length * 3
    if (most > this.scratch.length) this.scratch = Buffer.allocUnsafeSlow(most * 2)
    return this.table.add(this.scratch, 0, this.scratch.write(text, 'utf8'))
  }

  text(code: number): string {
    const known = this.texts[code]
    if (known !== undefined) return known
    if (code < 0 || code >= this.table.size) throw new RangeError(`no text has code ${code} in generation ${this.generation}`)
    const made = this.table.text(code)
    while (this.texts.length <= code) this.texts.push(undefined)
    this.texts[code] = made
    return made
  }

  clear(): void {
    this.generation++
    this.table.clear()
    this.texts.length = 1
  }
}
