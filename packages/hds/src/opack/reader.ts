import { HdsError, type HdsErrorCode } from '../errors.ts'
import { fromUtf8 } from '../utf8.ts'
import { integerFrom, uuidFrom } from './scalars.ts'
import { appleTags, hapNodeJsTags, MAX_DEPTH, type Tag, TERMINATOR } from './tags.ts'
import type { OpackDictionary, OpackValue } from './value.ts'

/** How {@link decode} reads. */
export interface DecodeOptions {
  /**
   * Who wrote the back references. `apple` (default): booleans, null, the integers -1..39, empty
   * strings, data of fewer than 2 bytes and containers take no slot. `hapnodejs`: of these only null
   * and containers take none, and A0..CF are slots 0..47.
   */
  readonly rule?: 'apple' | 'hapnodejs'
  /** Whether bytes after the document are an error (default) or left alone. */
  readonly trailing?: 'reject' | 'allow'
}

/** A document may have this many values, keys included. */
export const MAX_VALUES = 4096
/** What back references stand for may have this many bytes in all. */
export const MAX_REFERENCED_LENGTH = 0x100_0000

interface Slot {
  readonly value: OpackValue
  readonly length: number
}

/** A document's value, and how many bytes it took. */
export interface DecodedFirst {
  readonly value: OpackValue
  readonly length: number
}

/**
 * Decodes one OPACK document. Length forms need not be minimal; everything else is strict.
 *
 * Data values are views of `bytes` and stay valid as long as `bytes` is unchanged; chunked data of
 * several pieces is a copy. Values behind back references are shared.
 *
 * @throws HdsError OPACK_TRUNCATED, OPACK_ZERO_TAG, OPACK_UNKNOWN_TAG, OPACK_BAD_UTF8,
 * OPACK_BAD_CHUNK, OPACK_BAD_REFERENCE, OPACK_UNEXPECTED_TERMINATOR, OPACK_TOO_DEEP,
 * OPACK_BAD_KEY, OPACK_TOO_LARGE, OPACK_TRAILING_BYTES; `offset` is where the value begins.
 * @example
 * decode(Uint8Array.of(0xe1, 0x41, 0x61, 0x09)) // Map { 'a' => 1 }
 */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): OpackValue {
  const { value, length } = decodeFirst(bytes, options)
  if (options.trailing !== 'allow' && length < bytes.length) fail('OPACK_TRAILING_BYTES', length)
  return value
}

/** Like {@link decode}, but leaves what follows the document to the caller. */
export function decodeFirst(bytes: Uint8Array, options: DecodeOptions = {}): DecodedFirst {
  const reader = new Reader(bytes, options.rule ?? 'apple')
  return { value: reader.value(0), length: reader.at }
}

class Reader {
  at = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #isApple: boolean
  readonly #tags: readonly Tag[]
  readonly #slots: Slot[] = []
  #values = 0
  #referencedLength = 0

  constructor(bytes: Uint8Array, rule: 'apple' | 'hapnodejs') {
    const { buffer, byteOffset, byteLength } = bytes
    // A view of a Node Buffer would be a Buffer again, whose slice() does not copy.
    this.#bytes = new Uint8Array(buffer, byteOffset, byteLength)
    this.#view = new DataView(buffer, byteOffset, byteLength)
    this.#isApple = rule === 'apple'
    this.#tags = this.#isApple ? appleTags : hapNodeJsTags
  }

  /** Recursion is bounded by {@link MAX_DEPTH}. */
  value(depth: number): OpackValue {
    const start = this.at
    if (++this.#values > MAX_VALUES) fail('OPACK_TOO_LARGE', start)
    const tag = this.#tag()
    switch (tag.kind) {
      case 'array':
      case 'dictionary':
        if (depth === MAX_DEPTH) fail('OPACK_TOO_DEEP', start)
        return tag.kind === 'array'
          ? this.#array(tag.count, depth + 1)
          : this.#dictionary(tag.count, depth + 1)
      case 'reference':
        return this.#refer(tag.index, start)
      case 'longReference':
        return this.#refer(Number(this.#uint(tag.width, start)), start)
      case 'zero':
        return fail('OPACK_ZERO_TAG', start)
      case 'unassigned':
        return fail('OPACK_UNKNOWN_TAG', start)
      case 'terminator':
        return fail('OPACK_UNEXPECTED_TERMINATOR', start)
      default:
        return this.#scalar(tag, start)
    }
  }

  #scalar(tag: Tag, start: number): OpackValue {
    switch (tag.kind) {
      case 'constant':
        return tag.value === null ? null : this.#keep(tag.value, 0, !this.#isApple)
      case 'smallInteger':
        return this.#keep(tag.value, 1, !this.#isApple)
      case 'integer':
        return this.#integer(tag.width, start)
      case 'float32': {
        const value = this.#view.getFloat32(this.#skip(4, start), true)
        return this.#keep({ kind: 'float32', value }, 4, true)
      }
      case 'float64': {
        const value = this.#view.getFloat64(this.#skip(8, start), true)
        return this.#keep({ kind: 'float64', value }, 8, true)
      }
      case 'date': {
        const seconds = this.#view.getFloat64(this.#skip(8, start), true)
        return this.#keep({ kind: 'date', seconds }, 8, true)
      }
      case 'uuid':
        return this.#keep({ kind: 'uuid', text: uuidFrom(this.#take(16, start)) }, 16, true)
      case 'string':
        return this.#string(this.#take(tag.length, start), start)
      case 'longString':
        return this.#string(this.#take(this.#length(tag.width, start), start), start)
      case 'terminatedString':
        return this.#terminatedString(start)
      default:
        return this.#keepData(this.#data(tag, start))
    }
  }

  #tag(): Tag {
    const tag = this.#tags[this.#bytes[this.at] ?? fail('OPACK_TRUNCATED', this.at)]
    this.at++
    return tag ?? fail('OPACK_UNKNOWN_TAG', this.at - 1)
  }

  /** @returns Whether the terminator came, and was passed. */
  #isEnd(): boolean {
    if (this.#bytes[this.at] !== TERMINATOR) return false
    this.at++
    return true
  }

  #array(count: number | 'open', depth: number): OpackValue {
    const array: OpackValue[] = []
    while (count === 'open' ? !this.#isEnd() : array.length < count) array.push(this.value(depth))
    return array
  }

  #dictionary(count: number | 'open', depth: number): OpackValue {
    const dictionary: OpackDictionary = new Map()
    while (count === 'open' ? !this.#isEnd() : dictionary.size < count) {
      const start = this.at
      const key = this.value(depth)
      if (typeof key !== 'string' || dictionary.has(key)) fail('OPACK_BAD_KEY', start)
      else dictionary.set(key, this.value(depth))
    }
    return dictionary
  }

  #refer(index: number, start: number): OpackValue {
    const slot = this.#slots[index]
    if (slot === undefined) return fail('OPACK_BAD_REFERENCE', start)
    this.#referencedLength += slot.length
    if (this.#referencedLength > MAX_REFERENCED_LENGTH) fail('OPACK_TOO_LARGE', start)
    return slot.value
  }

  #integer(width: number, start: number): OpackValue {
    const value = integerFrom(this.#take(width, start))
    // Apple judges by value: 0 written in eight bytes takes no slot either.
    const isSmall = value >= -1 && value <= 39
    return this.#keep(value, width, !(this.#isApple && isSmall))
  }

  #string(bytes: Uint8Array, start: number): OpackValue {
    let text: string
    try {
      text = fromUtf8(bytes)
    } catch (cause) {
      throw new HdsError('OPACK_BAD_UTF8', { offset: start, cause })
    }
    return this.#keep(text, bytes.length, bytes.length > 0 || !this.#isApple)
  }

  #terminatedString(start: number): OpackValue {
    const end = this.#bytes.indexOf(0, this.at)
    if (end === -1) fail('OPACK_TRUNCATED', start)
    const bytes = this.#take(end - this.at, start)
    this.at++
    return this.#string(bytes, start)
  }

  #data(tag: Tag, start: number): Uint8Array {
    if (tag.kind === 'data') return this.#take(tag.length, start)
    if (tag.kind === 'longData') return this.#take(this.#length(tag.width, start), start)
    if (tag.kind !== 'chunkedData') return fail('OPACK_BAD_CHUNK', start)
    const chunks: Uint8Array[] = []
    while (!this.#isEnd()) {
      const at = this.at
      if (++this.#values > MAX_VALUES) fail('OPACK_TOO_LARGE', at)
      const chunk = this.#tag()
      if (chunk.kind !== 'data' && chunk.kind !== 'longData') fail('OPACK_BAD_CHUNK', at)
      chunks.push(this.#data(chunk, at))
    }
    return join(chunks)
  }

  #keepData(data: Uint8Array): OpackValue {
    return this.#keep(data, data.length, data.length > 1 || !this.#isApple)
  }

  #keep(value: OpackValue, length: number, hasSlot: boolean): OpackValue {
    if (hasSlot) this.#slots.push({ value, length })
    return value
  }

  #uint(width: number, start: number): bigint {
    let value = 0n
    for (const byte of this.#take(width, start).toReversed()) value = (value << 8n) | BigInt(byte)
    return value
  }

  #length(width: number, start: number): number {
    const length = this.#uint(width, start)
    if (length > BigInt(this.#bytes.length - this.at)) fail('OPACK_TRUNCATED', start)
    return Number(length)
  }

  #take(length: number, start: number): Uint8Array {
    const from = this.#skip(length, start)
    return this.#bytes.subarray(from, this.at)
  }

  /** @returns Where the passed bytes begin. */
  #skip(length: number, start: number): number {
    const from = this.at
    if (length > this.#bytes.length - from) fail('OPACK_TRUNCATED', start)
    this.at = from + length
    return from
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks
  if (chunks.length === 1 && first !== undefined) return first
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    joined.set(chunk, at)
    at += chunk.length
  }
  return joined
}

function fail(code: HdsErrorCode, offset: number): never {
  throw new HdsError(code, { offset })
}
