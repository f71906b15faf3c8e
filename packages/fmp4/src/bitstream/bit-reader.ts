import { Fmp4Error } from '../errors.ts'

/** Reads bits, most significant first. Every method throws FMP4_BITSTREAM behind the end. */
export class BitReader {
  readonly #bytes: Uint8Array
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Bits that are left. */
  get remaining(): number {
    return this.#bytes.length * 8 - this.#position
  }

  /** An unsigned number of 0 to 32 bits. */
  bits(count: number): number {
    if (count > this.remaining)
      throw new Fmp4Error('FMP4_BITSTREAM', {
        detail: 'it ends too early',
        offset: this.#bytes.length,
      })
    let value = 0
    for (let left = count; left > 0; ) {
      const byte = this.#bytes[this.#position >> 3] ?? 0
      const free = 8 - (this.#position & 7)
      const take = Math.min(free, left)
      // A product, because a shift of 32 bits would turn negative.
      value = value * 2 ** take + ((byte >> (free - take)) & (2 ** take - 1))
      this.#position += take
      left -= take
    }
    return value
  }

  /** One bit. */
  flag(): boolean {
    return this.bits(1) === 1
  }

  /** Exp-Golomb code, unsigned. @see ITU-T H.264 §9.1 */
  ue(): number {
    let zeros = 0
    while (!this.flag())
      if (++zeros > 32) throw new Fmp4Error('FMP4_BITSTREAM', { detail: 'Exp-Golomb over 32 bits' })
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  /** Exp-Golomb code, signed. @see ITU-T H.264 §9.1.1 */
  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }
}
