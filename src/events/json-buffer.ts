const INITIAL_BYTES = 4096
const QUOTE = 0x22
const BACKSLASH = 0x5c
const HEX = Buffer.from('0123456789abcdef')
/** Most bytes that one byte of text becomes: \u001f. */
const WORST_ESCAPE = 6

/** By byte: 0 goes as it is; 1 only with a hex escape; 2 is not ASCII; else what follows the backslash. */
const TREATMENT = new Uint8Array(256).fill(2, 128)
TREATMENT.fill(1, 0, 0x20)
for (const [byte, letter] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\'].map(pair => Buffer.from(pair)))
  TREATMENT[byte] = letter

/** JSON text in UTF-8, growing: what was written stays until `length` is set back. */
export class JsonBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  length = 0

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.grow(1)
    this.bytes[this.length++] = byte
  }

  raw(bytes: Uint8Array): void {
    const count = bytes.length
    if (this.length + count > this.bytes.length) this.grow(count)
    const target = this.bytes
    let at = this.length
    for (let i = 0; i < count; i++) target[at++] = bytes[i]
    this.length = at
  }

  /** Text of which all characters are ASCII: a loop beats the call into the engine on texts as short as numbers. */
  ascii(text: string): void {
    const count = text.length
    if (this.length + count > this.bytes.length) this.grow(count)
    const target = this.bytes
    let at = this.length
    for (let i = 0; i < count; i++) target[at++] = text.charCodeAt(i)
    this.length = at
  }

  /** NaN and infinities, for which JSON has no word, as null. */
  number(value: number): void {
    this.ascii(Number.isFinite(value) ? String(value) : 'null')
  }

  /** `bytes[start, end)` as a JSON string; what is not UTF-8 becomes U+FFFD. */
  text(bytes: Buffer, start: number, end: number): void {
    const most = (end - start) * WORST_ESCAPE + 2
    if (this.length + most > this.bytes.length) this.grow(most)
    const target = this.bytes
    let at = this.length
    target[at++] = QUOTE
    for (let i = start; i < end; i++) {
      const byte = bytes[i]
      const treatment = TREATMENT[byte]
      if (treatment === 0) {
        target[at++] = byte
      } else if (treatment === 2) {
        this.string(bytes.toString('utf8', start, end))
        return
      } else {
        target[at++] = BACKSLASH
        if (treatment !== 1) {
          target[at++] = treatment
        } else {
          target[at] = 0x75
          target[at + 1] = target[at + 2] = 0x30
          target[at + 3] = HEX[byte >> 4]
          target[at + 4] = HEX[byte & 15]
          at += 5
        }
      }
    }
    target[at++] = QUOTE
    this.length = at
  }

  string(text: string): void {
    const json = JSON.stringify(text)
    const most = json.length * 3
    if (this.length + most > this.bytes.length) this.grow(most)
    this.length += this.bytes.write(json, this.length, 'utf8')
  }

  private grow(count: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.length + count, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }
}
