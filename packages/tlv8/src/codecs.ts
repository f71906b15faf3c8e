import { TlvError } from './errors.ts'
import type { TlvSchema } from './schema.ts'

/** How strictly a message is read: pairing strictly, characteristic values leniently. */
export type TlvMode = 'strict' | 'lenient'

/** Reads and writes one value. */
export interface TlvCodec<T> {
  /** Whether no bytes are a value too. Elsewhere a lenient reader takes an empty item for none. */
  readonly mayBeEmpty?: boolean
  /** @throws RangeError for a value that does not fit. */
  encode(value: T): Uint8Array
  /** @throws TlvError `TLV_LENGTH`, `TLV_VALUE` and those of a nested message. */
  decode(bytes: Uint8Array, mode: TlvMode): T
}

declare class TextEncoder {
  encode(text: string): Uint8Array
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean })
  decode(bytes: Uint8Array): string
}

/** Unsigned, 1 byte. */
export const uint8: TlvCodec<number> = unsigned(1)
/** Unsigned, 2 bytes little-endian. */
export const uint16: TlvCodec<number> = unsigned(2)
/** Unsigned, 4 bytes little-endian. */
export const uint32: TlvCodec<number> = unsigned(4)

/** Unsigned, 8 bytes little-endian. */
export const uint64: TlvCodec<bigint> = {
  encode(value) {
    if (value < 0n || value >= 1n << 64n) throw new RangeError(`${value} is no uint64`)
    return littleEndian(value, 8)
  },
  decode(bytes, mode) {
    checkWidth(bytes, 8, mode)
    return readLittleEndian(bytes)
  },
}

/** Unsigned in as few bytes as hold it, 1 to 4, little-endian: the flags of pair-setup. */
export const uintMinimal: TlvCodec<number> = {
  encode(value) {
    checkUnsigned(value, 4)
    let width = 1
    while (width < 4 && value >= 2 ** (8 * width)) width++
    return littleEndian(BigInt(value), width)
  },
  decode(bytes) {
    if (bytes.length < 1 || bytes.length > 4) throw new TlvError('TLV_LENGTH')
    return Number(readLittleEndian(bytes))
  },
}

/** A finite IEEE 754 binary32, little-endian: RTCP intervals. */
export const float32: TlvCodec<number> = {
  encode(value) {
    if (!Number.isFinite(Math.fround(value))) throw new RangeError(`${value} is no finite binary32`)
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return bytes
  },
  decode(bytes) {
    if (bytes.length !== 4) throw new TlvError('TLV_LENGTH')
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true)
    if (!Number.isFinite(value)) throw new TlvError('TLV_VALUE')
    return value
  },
}

/**
 * Bytes of one length, or of a length between `min` (0) and `max`, both included. Decoded values are
 * views of the message where it did not have to join fragments.
 */
export function bytes(
  size: { readonly length: number } | { readonly min?: number; readonly max: number },
): TlvCodec<Uint8Array> {
  const [min, max] = 'length' in size ? [size.length, size.length] : [size.min ?? 0, size.max]
  return {
    mayBeEmpty: min === 0,
    encode(value) {
      if (value.length < min || value.length > max) {
        throw new RangeError(`${value.length} bytes where ${min} to ${max} are allowed`)
      }
      return value
    },
    decode(value) {
      if (value.length < min || value.length > max) throw new TlvError('TLV_LENGTH')
      return value
    },
  }
}

/** Text of at most `max` bytes of UTF-8. */
export function utf8(size: { readonly max: number }): TlvCodec<string> {
  const limited = bytes(size)
  return {
    mayBeEmpty: true,
    encode(text) {
      // TextEncoder would write another character in its place.
      if (/\p{Surrogate}/u.test(text)) throw new RangeError('the text has a lone surrogate')
      return limited.encode(new TextEncoder().encode(text))
    },
    decode(value, mode) {
      try {
        const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
        return decoder.decode(limited.decode(value, mode))
      } catch (cause) {
        if (cause instanceof TlvError) throw cause
        throw new TlvError('TLV_VALUE', { cause })
      }
    },
  }
}

/** A message within a message. */
export function nested<T extends object>(schema: TlvSchema<T>): TlvCodec<T> {
  return {
    mayBeEmpty: schema.mayBeEmpty === true,
    encode: value => schema.encode(value),
    decode: (value, mode) =>
      mode === 'strict' ? schema.decode(value) : schema.decodeLenient(value),
  }
}

function unsigned(width: 1 | 2 | 4): TlvCodec<number> {
  return {
    encode(value) {
      checkUnsigned(value, width)
      return littleEndian(BigInt(value), width)
    },
    decode(value, mode) {
      checkWidth(value, width, mode)
      const number = readLittleEndian(value)
      if (number >= 1n << BigInt(8 * width)) throw new TlvError('TLV_VALUE')
      return Number(number)
    },
  }
}

function checkUnsigned(value: number, width: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
    throw new RangeError(`${value} is no unsigned integer of ${width} bytes`)
  }
}

/** Devices widen and narrow integers; read leniently, any width goes whose value fits. */
function checkWidth(value: Uint8Array, width: number, mode: TlvMode): void {
  const isAllowed = mode === 'strict' ? value.length === width : [1, 2, 4, 8].includes(value.length)
  if (!isAllowed) throw new TlvError('TLV_LENGTH')
}

function littleEndian(value: bigint, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
}

function readLittleEndian(value: Uint8Array): bigint {
  return value.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}
