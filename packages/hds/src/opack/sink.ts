/** Where a writer puts bytes: first one that counts, then one that fills what was counted. */
export interface Sink {
  /** One byte. */
  byte(value: number): void
  /** An unsigned little-endian number, or a signed one in two's complement. */
  integer(value: bigint, width: number): void
  /** A 32- or 64-bit float, little-endian. */
  float(value: number, width: 4 | 8): void
  /** Bytes that are copied. */
  copy(bytes: Uint8Array): void
  /** Text whose characters are one byte each. */
  ascii(text: string): void
  /** Bytes that become pieces of their own, by reference. */
  refer(pieces: readonly Uint8Array[]): void
}

/** Sums lengths. */
export class CountingSink implements Sink {
  /** Bytes to copy. */
  copied = 0
  /** Bytes to refer to. */
  referred = 0

  byte(): void {
    this.copied++
  }

  integer(_value: bigint, width: number): void {
    this.copied += width
  }

  float(_value: number, width: 4 | 8): void {
    this.copied += width
  }

  copy(bytes: Uint8Array): void {
    this.copied += bytes.length
  }

  ascii(text: string): void {
    this.copied += text.length
  }

  refer(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.referred += piece.length
  }
}

/** Fills one buffer, cut where a piece by reference comes between. */
export class FillingSink implements Sink {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #pieces: Uint8Array[] = []
  #from = 0
  #at = 0

  constructor(length: number) {
    this.#bytes = new Uint8Array(length)
    this.#view = new DataView(this.#bytes.buffer)
  }

  byte(value: number): void {
    this.#bytes[this.#at++] = value
  }

  integer(value: bigint, width: number): void {
    let rest = value
    for (let i = 0; i < width; i++, rest >>= 8n) this.byte(Number(rest & 0xffn))
  }

  float(value: number, width: 4 | 8): void {
    if (width === 4) this.#view.setFloat32(this.#at, value, true)
    else this.#view.setFloat64(this.#at, value, true)
    this.#at += width
  }

  copy(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.#bytes[this.#at++] = text.charCodeAt(i)
  }

  refer(pieces: readonly Uint8Array[]): void {
    this.#cut()
    for (const piece of pieces) if (piece.length > 0) this.#pieces.push(piece)
  }

  /** @returns Everything written, in pieces. */
  pieces(): Uint8Array[] {
    this.#cut()
    return this.#pieces
  }

  #cut(): void {
    if (this.#at > this.#from) this.#pieces.push(this.#bytes.subarray(this.#from, this.#at))
    this.#from = this.#at
  }
}
