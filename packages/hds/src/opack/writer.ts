import { isAscii, toUtf8 } from '../utf8.ts'
import { BackReferences } from './back-references.ts'
import { integerWidth, toInteger, uuidBytes } from './scalars.ts'
import { CountingSink, FillingSink, type Sink } from './sink.ts'
import { MAX_DEPTH, TERMINATOR } from './tags.ts'
import type {
  DataParts,
  OpackDate,
  OpackFloat32,
  OpackFloat64,
  OpackInput,
  OpackUuid,
} from './value.ts'

/** How {@link encode} writes. */
export interface EncodeOptions {
  /**
   * `safe` (default): the forms every known reader takes: no back references, 39 in two bytes, and
   * data always with a length. `apple`: byte for byte what Apple's writer makes of
   * the value, with back references; for fixtures.
   */
  readonly mode?: 'safe' | 'apple'
}

/** From this many bytes on, {@link encodeParts} refers to data instead of copying it. */
export const REFERENCE_LENGTH = 1024

/**
 * Encodes one OPACK document.
 *
 * @returns Fresh memory.
 * @throws TypeError on a number with a fraction, a lone surrogate, or a bad UUID.
 * @throws RangeError on an integer beyond 64 bits, a number beyond 2^53 - 1, or containers
 * nested deeper than {@link MAX_DEPTH}.
 * @example
 * encode(dictionary({ streamId: 1 })) // e1 48 "streamId" 09
 */
export function encode(value: OpackInput, options: EncodeOptions = {}): Uint8Array {
  const count = measure(value, options, Number.POSITIVE_INFINITY)
  const sink = new FillingSink(count.copied)
  new Writer(sink, options, Number.POSITIVE_INFINITY).value(value)
  return sink.pieces()[0] ?? new Uint8Array()
}

/**
 * Encodes one document into pieces, so that media is never copied: data of {@link REFERENCE_LENGTH}
 * bytes or more is a piece of its own (one per slice, when given as slices), and is the caller's
 * memory. It must not change until the pieces were used.
 *
 * @throws TypeError, RangeError like {@link encode}.
 */
export function encodeParts(value: OpackInput, options: EncodeOptions = {}): Uint8Array[] {
  const sink = new FillingSink(measure(value, options, REFERENCE_LENGTH).copied)
  new Writer(sink, options, REFERENCE_LENGTH).value(value)
  return sink.pieces()
}

/** @returns How many bytes {@link encode} would return. */
export function encodedLength(value: OpackInput, options: EncodeOptions = {}): number {
  const count = measure(value, options, REFERENCE_LENGTH)
  return count.copied + count.referred
}

function measure(value: OpackInput, options: EncodeOptions, referFrom: number): CountingSink {
  const count = new CountingSink()
  new Writer(count, options, referFrom).value(value)
  return count
}

class Writer {
  readonly #sink: Sink
  readonly #references: BackReferences | undefined
  readonly #referFrom: number

  constructor(sink: Sink, options: EncodeOptions, referFrom: number) {
    this.#sink = sink
    this.#referFrom = referFrom
    if (options.mode === 'apple') this.#references = new BackReferences()
  }

  value(value: OpackInput, depth = 0): void {
    const index = this.#references?.indexOf(value)
    if (index !== undefined) this.#reference(index)
    else if (typeof value === 'boolean') this.#sink.byte(value ? 0x01 : 0x02)
    else if (typeof value === 'string') this.#string(value)
    else if (typeof value === 'object') this.#object(value, depth)
    else this.#integer(toInteger(value))
  }

  #object(value: Extract<OpackInput, object> | null, depth: number): void {
    if (value === null) this.#sink.byte(0x04)
    else if (value instanceof Uint8Array) this.#data([value])
    else if ('kind' in value) this.#kind(value)
    else if (depth === MAX_DEPTH) throw new RangeError('OPACK nests at most 32 containers')
    else if (isArray(value)) this.#array(value, depth + 1)
    else this.#dictionary(value, depth + 1)
  }

  #kind(value: DataParts | OpackFloat32 | OpackFloat64 | OpackDate | OpackUuid): void {
    switch (value.kind) {
      case 'data':
        this.#data(value.parts)
        break
      case 'float32':
        this.#sink.byte(0x35)
        this.#sink.float(value.value, 4)
        break
      case 'float64':
        this.#sink.byte(0x36)
        this.#sink.float(value.value, 8)
        break
      case 'date':
        this.#sink.byte(0x06)
        this.#sink.float(value.seconds, 8)
        break
      case 'uuid':
        this.#sink.byte(0x05)
        this.#sink.copy(uuidBytes(value.text))
        break
    }
  }

  #reference(index: number): void {
    const width = index <= 0xff ? 1 : 2
    if (index <= 32) this.#sink.byte(0xa0 + index)
    else {
      this.#sink.byte(width === 1 ? 0xc1 : 0xc2)
      this.#sink.integer(BigInt(index), width)
    }
  }

  #integer(value: bigint): void {
    // HAP-NodeJS cannot read 2F, which is 39.
    const lastSmall = this.#references === undefined ? 38n : 39n
    if (value >= -1n && value <= lastSmall) this.#sink.byte(8 + Number(value))
    else {
      const width = integerWidth(value)
      this.#sink.byte(0x30 + Math.log2(width))
      this.#sink.integer(value, width)
    }
  }

  #string(text: string): void {
    // Every key is one of these; the encoder is called out of JavaScript, and takes more than a loop.
    if (text.length <= 32 && isAscii(text)) {
      this.#sink.byte(0x40 + text.length)
      this.#sink.ascii(text)
      return
    }
    const bytes = toUtf8(text)
    if (bytes.length <= 32) this.#sink.byte(0x40 + bytes.length)
    else this.#length(0x61, bytes.length)
    this.#sink.copy(bytes)
  }

  #data(parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    // HAP-NodeJS cannot read 70..90, data without a length byte.
    if (length <= 32 && this.#references !== undefined) this.#sink.byte(0x70 + length)
    else this.#length(0x91, length)
    if (length >= this.#referFrom) this.#sink.refer(parts)
    else for (const part of parts) this.#sink.copy(part)
  }

  /** A tag of a row of four for lengths in 1, 2, 4 or 8 bytes, and the length. */
  #length(firstTag: number, length: number): void {
    const log2 = length <= 0xff ? 0 : length <= 0xffff ? 1 : length <= 0xffff_ffff ? 2 : 3
    this.#sink.byte(firstTag + log2)
    this.#sink.integer(BigInt(length), 2 ** log2)
  }

  #array(array: readonly OpackInput[], depth: number): void {
    const isCounted = array.length <= 14
    this.#sink.byte(isCounted ? 0xd0 + array.length : 0xdf)
    for (const value of array) this.value(value, depth)
    if (!isCounted) this.#sink.byte(TERMINATOR)
  }

  #dictionary(dictionary: ReadonlyMap<string, OpackInput>, depth: number): void {
    const isCounted = dictionary.size <= 14
    this.#sink.byte(isCounted ? 0xe0 + dictionary.size : 0xef)
    for (const [key, value] of dictionary) {
      this.value(key, depth)
      this.value(value, depth)
    }
    if (!isCounted) this.#sink.byte(TERMINATOR)
  }
}

// Array.isArray does not narrow the readonly form.
function isArray(value: object): value is readonly OpackInput[] {
  return Array.isArray(value)
}
