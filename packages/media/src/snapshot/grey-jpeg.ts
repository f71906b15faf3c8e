import type { PictureSize } from '../source.ts'

/** Eight by eight samples of 0 to 255, row by row; one number when all are the same. */
export type GreyBlock = number | readonly number[]

/** Every coefficient is divided by this. */
const QUANTIZER = 8
/** 15/0: sixteen zeros. */
const ZERO_RUN = 0xf0

/** The coefficients from low to high: along the diagonals, back and forth. @see ITU-T T.81 figure 5 */
const zigZag: readonly number[] = Array.from({ length: 64 }, (_, i) => i).sort((a, b) => {
  const [sumA, sumB] = [(a >> 3) + (a & 7), (b >> 3) + (b & 7)]
  return sumA - sumB || (sumA % 2 === 0 ? b - a : a - b)
})

/** One row a frequency. @see ITU-T T.81 §A.3.3 */
const cosines: readonly (readonly number[])[] = Array.from({ length: 8 }, (_, u) =>
  Array.from(
    { length: 8 },
    (_, x) => ((u === 0 ? Math.SQRT1_2 : 1) / 2) * Math.cos(((2 * x + 1) * u * Math.PI) / 16),
  ),
)

/** The first symbol has one bit; all others the same number of them, behind a 1. */
interface Code {
  readonly symbols: readonly number[]
  /** Bits of all but the first. */
  readonly length: number
}

/** Sizes of the differences of the means: mostly none. */
const dcCode: Code = { symbols: Array.from({ length: 12 }, (_, size) => size), length: 5 }
/** The end of a block, which is mostly at its beginning; then zeros before a value and its size. */
const acCode: Code = {
  symbols: [
    0,
    ZERO_RUN,
    ...Array.from({ length: 160 }, (_, i) => ((i % 16) << 4) | ((i >> 4) + 1)),
  ],
  length: 9,
}

/**
 * Writes a grey picture as a JPEG file, baseline. Meant for drawings of which most is flat: such a block
 * takes two bits.
 * @param size - At most 65535 each way.
 * @param blockAt - The blocks, row by row, also those that are partly outside.
 * @see ITU-T T.81 §B.2
 */
export function writeGreyJpeg(
  { width, height }: PictureSize,
  blockAt: (column: number, row: number) => GreyBlock,
): Uint8Array {
  const bits = new BitWriter()
  let mean = 0
  for (let row = 0; row * 8 < height; row++) {
    for (let column = 0; column * 8 < width; column++) {
      const coefficients = transform(blockAt(column, row))
      const [dc = 0] = coefficients
      writeBlock(bits, dc - mean, coefficients)
      mean = dc
    }
  }
  const size = [height >> 8, height & 0xff, width >> 8, width & 0xff]
  return Uint8Array.from(
    Buffer.concat([
      Buffer.of(0xff, 0xd8),
      segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
      segment(0xdb, [0, ...new Array<number>(64).fill(QUANTIZER)]),
      segment(0xc0, [8, ...size, 1, 1, 0x11, 0]),
      segment(0xc4, [...table(0x00, dcCode), ...table(0x10, acCode)]),
      segment(0xda, [1, 1, 0, 0, 63, 0]),
      bits.end(),
      Buffer.of(0xff, 0xd9),
    ]),
  )
}

function segment(marker: number, payload: readonly number[]): Buffer {
  const length = payload.length + 2
  return Buffer.of(0xff, marker, length >> 8, length & 0xff, ...payload)
}

/** @see ITU-T T.81 §B.2.4.2 */
function table(id: number, { symbols, length }: Code): number[] {
  const counts = new Array<number>(16).fill(0)
  counts[0] = 1
  counts[length - 1] = symbols.length - 1
  return [id, ...counts, ...symbols]
}

/** @returns The quantized coefficients in zigzag order; only the first of a flat block. */
function transform(block: GreyBlock): number[] {
  if (typeof block === 'number') return [Math.round((8 * (block - 128)) / QUANTIZER)]
  const dot = (u: number, sample: (x: number) => number) =>
    (cosines[u] ?? []).reduce((sum, cosine, x) => sum + cosine * sample(x), 0)
  const rows = block.map((_, i) => dot(i & 7, x => (block[(i & ~7) + x] ?? 0) - 128))
  return zigZag.map(i => Math.round(dot(i >> 3, y => rows[8 * y + (i & 7)] ?? 0) / QUANTIZER))
}

/** @see ITU-T T.81 §F.1.2 */
function writeBlock(bits: BitWriter, difference: number, coefficients: readonly number[]): void {
  const dcSize = sizeOf(difference)
  bits.symbol(dcCode, dcSize)
  bits.value(difference, dcSize)
  let zeros = 0
  for (const value of coefficients.slice(1)) {
    if (value === 0) {
      zeros++
      continue
    }
    for (; zeros > 15; zeros -= 16) bits.symbol(acCode, ZERO_RUN)
    const size = sizeOf(value)
    bits.symbol(acCode, (zeros << 4) | size)
    bits.value(value, size)
    zeros = 0
  }
  if (zeros > 0 || coefficients.length === 1) bits.symbol(acCode, 0)
}

/** Bits that a value needs without its sign. */
function sizeOf(value: number): number {
  return 32 - Math.clz32(Math.abs(value))
}

class BitWriter {
  readonly #bytes: number[] = []
  #pending = 0
  #count = 0

  symbol({ symbols, length }: Code, symbol: number): void {
    const index = symbols.indexOf(symbol)
    if (index === 0) this.#put(0, 1)
    else this.#put((1 << (length - 1)) | (index - 1), length)
  }

  /** Negative ones are one less, without their sign. */
  value(value: number, size: number): void {
    this.#put(value < 0 ? value + (1 << size) - 1 : value, size)
  }

  /** @returns All of it, the last byte filled with ones. */
  end(): Uint8Array {
    this.#put(0x7f, 7)
    return Uint8Array.from(this.#bytes)
  }

  #put(bits: number, length: number): void {
    this.#pending = (this.#pending << length) | bits
    this.#count += length
    while (this.#count >= 8) {
      this.#count -= 8
      const byte = (this.#pending >> this.#count) & 0xff
      this.#bytes.push(byte)
      // So that no marker is seen in it.
      if (byte === 0xff) this.#bytes.push(0)
    }
    this.#pending &= (1 << this.#count) - 1
  }
}
