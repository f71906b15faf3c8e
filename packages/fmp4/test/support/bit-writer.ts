/** Writes bits as the specifications of H.264 and H.265 count them. */
export class BitWriter {
  #bits = ''

  bits(value: number, count: number): this {
    this.#bits += value.toString(2).padStart(count, '0').slice(-count)
    return this
  }

  flag(value: boolean): this {
    return this.bits(value ? 1 : 0, 1)
  }

  ue(value: number): this {
    const code = (value + 1).toString(2)
    this.#bits += '0'.repeat(code.length - 1) + code
    return this
  }

  se(value: number): this {
    return this.ue(value > 0 ? 2 * value - 1 : -2 * value)
  }

  /** @returns A NAL unit: header, the bits with their stop bit, and emulation prevention. */
  nal(...header: readonly number[]): Uint8Array {
    const bits = `${this.#bits}1`
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0')
    const bytes = [...header]
    let zeros = 0
    for (let at = 0; at < padded.length; at += 8) {
      const byte = Number.parseInt(padded.slice(at, at + 8), 2)
      if (zeros >= 2 && byte <= 3) {
        bytes.push(3)
        zeros = 0
      }
      bytes.push(byte)
      zeros = byte === 0 ? zeros + 1 : 0
    }
    return Uint8Array.from(bytes)
  }
}
