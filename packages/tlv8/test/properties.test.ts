import {
  bytes,
  decodeItems,
  decodeListItems,
  encodeItems,
  float32,
  isTlvError,
  list,
  nested,
  optional,
  required,
  type TlvItem,
  type TlvSchema,
  tlvSchema,
  uint8,
  uint16,
  uint32,
  uint64,
  uintMinimal,
  utf8,
} from '@hksv/tlv8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { itemsToHex, toHex } from './vector.ts'

/** Where fragments begin and end. */
const lengths = [0, 1, 254, 255, 256, 509, 510, 511, 765, 766]

const value = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc
    .tuple(fc.constantFrom(...lengths), fc.nat(255))
    .map(([length, fill]) => new Uint8Array(length).fill(fill)),
)
const type = fc.oneof(fc.nat(255), fc.constantFrom(0x00, 0x01, 0xff))
const items = fc
  .array(fc.record({ type, value }), { maxLength: 8 })
  .map(all => all.filter((item, i) => item.type !== all[i - 1]?.type))
  .filter(all => all.every((item, i) => item.type !== all[i - 1]?.type))

/** Bytes that often look like items. */
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  fc
    .array(fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.uint8Array({ maxLength: 4 })))
    .map(all => Uint8Array.from(all.flatMap(([t, v]) => [t, v.length, ...v]))),
)

interface Child {
  readonly id: number
  readonly label?: string
}

/** A message of which every part may be missing. */
interface Options {
  readonly mode?: number
  readonly levels: readonly number[]
}

interface Message {
  readonly byte: number
  readonly port?: number
  readonly size: number
  readonly flags: number
  readonly triggers: bigint
  readonly interval?: number
  readonly blob: Uint8Array
  readonly child: Child
  readonly children: readonly Child[]
  readonly options: Options
  readonly levels: readonly number[]
}

const child: TlvSchema<Child> = tlvSchema<Child>({
  id: required(0x01, uint16),
  label: optional(0x02, utf8({ max: 600 })),
})

const options: TlvSchema<Options> = tlvSchema<Options>({
  mode: optional(0x01, uint8),
  levels: list(0x02, uint8),
})

const schema: TlvSchema<Message> = tlvSchema<Message>({
  byte: required(0x01, uint8),
  port: optional(0x02, uint16),
  size: required(0x03, uint32),
  flags: required(0x04, uintMinimal),
  triggers: required(0x05, uint64),
  interval: optional(0x06, float32),
  blob: required(0x07, bytes({ max: 1000 })),
  child: required(0x08, nested(child)),
  children: list(0x09, nested(child)),
  levels: list(0x0a, uint8),
  options: required(0x0b, nested(options)),
})

const children: fc.Arbitrary<Child> = fc.record(
  { id: fc.nat(0xffff), label: fc.string({ unit: 'grapheme', maxLength: 100 }) },
  { requiredKeys: ['id'] },
)

const messages: fc.Arbitrary<Message> = fc.record(
  {
    byte: fc.nat(0xff),
    port: fc.nat(0xffff),
    size: fc.nat(0xffff_ffff),
    flags: fc.nat(0xffff_ffff),
    triggers: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    interval: fc.float({ noNaN: true, noDefaultInfinity: true }),
    blob: value,
    child: children,
    children: fc.array(children, { maxLength: 4 }),
    levels: fc.array(fc.nat(255), { maxLength: 4 }),
    options: fc.record(
      { mode: fc.nat(255), levels: fc.array(fc.nat(255), { maxLength: 2 }) },
      { requiredKeys: ['levels'] },
    ),
  },
  {
    requiredKeys: [
      'byte',
      'size',
      'flags',
      'triggers',
      'blob',
      'child',
      'children',
      'levels',
      'options',
    ] as const,
  },
)

/** What a reader makes of bytes, where every error but a TlvError fails the test. */
function read<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (!isTlvError(error)) throw error
    return undefined
  }
}

describe('items', () => {
  it.each(lengths)('a value of %i bytes comes back, in as few fragments as hold it', length => {
    const item: TlvItem = { type: 7, value: Uint8Array.from({ length }, (_, i) => i) }
    const encoded = encodeItems([item])
    expect(encoded.length).toBe(length + 2 * Math.max(1, Math.ceil(length / 255)))
    expect(itemsToHex(decodeItems(encoded))).toEqual(itemsToHex([item]))
    const notEmpty = length === 0 ? [] : [item]
    expect(itemsToHex(decodeListItems(encoded))).toEqual(itemsToHex(notEmpty))
  })

  it('come back, and leniently without the empty ones', () => {
    fc.assert(
      fc.property(items, all => {
        const encoded = encodeItems(all)
        expect(itemsToHex(decodeItems(encoded))).toEqual(itemsToHex(all))
        const filled = all.filter(item => item.value.length > 0)
        expect(itemsToHex(decodeListItems(encoded))).toEqual(itemsToHex(filled))
      }),
    )
  })

  it('have one form: what is read strictly is written back as it was', () => {
    fc.assert(
      fc.property(noise, input => {
        const strict = read(() => decodeItems(input))
        if (strict === undefined) return
        expect(toHex(encodeItems(strict))).toBe(toHex(input))
      }),
    )
  })

  it('are read leniently wherever they are read strictly, and refused only when cut', () => {
    fc.assert(
      fc.property(noise, input => {
        const strict = read(() => decodeItems(input))
        const lenient = read(() => decodeListItems(input))
        if (strict !== undefined) {
          const filled = strict.filter(item => item.value.length > 0)
          expect(itemsToHex(lenient ?? [])).toEqual(itemsToHex(filled))
        }
        if (lenient === undefined) {
          expect(() => decodeListItems(input)).toThrow(
            expect.objectContaining({ code: 'TLV_TRUNCATED' }),
          )
        }
      }),
    )
  })

  it('cut anywhere are the items before, or refused', () => {
    fc.assert(
      fc.property(items, fc.nat(), (all, cut) => {
        const encoded = encodeItems(all)
        const part = encoded.subarray(0, cut % (encoded.length + 1))
        const strict = read(() => decodeItems(part))
        if (strict !== undefined) expect(toHex(encodeItems(strict))).toBe(toHex(part))
        read(() => decodeListItems(part))
      }),
    )
  })
})

describe('messages', () => {
  it('come back, strictly and leniently', () => {
    fc.assert(
      fc.property(messages, message => {
        const encoded = schema.encode(message)
        expect(schema.decode(encoded)).toEqual(message)
        expect(schema.decodeLenient(encoded)).toEqual(message)
      }),
    )
  })

  it('are read from any bytes, or refused as TlvError', () => {
    fc.assert(
      fc.property(noise, input => {
        for (const decode of [schema.decode, schema.decodeLenient, child.decode]) {
          read(() => decode(input))
        }
      }),
    )
  })

  it('cut anywhere or with a byte changed are read, or refused as TlvError', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat(255), (message, at, byte) => {
        const encoded = schema.encode(message)
        const cut = encoded.subarray(0, at % encoded.length)
        const changed = Uint8Array.from(encoded)
        changed[at % encoded.length] = byte
        for (const input of [cut, changed]) {
          read(() => schema.decode(input))
          read(() => schema.decodeLenient(input))
        }
      }),
    )
  })

  it('are read leniently wherever they are read strictly', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat(255), (message, at, byte) => {
        const changed = schema.encode(message)
        changed[at % changed.length] = byte
        const strict = read(() => schema.decode(changed))
        if (strict !== undefined) expect(schema.decodeLenient(changed)).toEqual(strict)
      }),
    )
  })

  it('of any width are read leniently, if the number fits', () => {
    const numbers = tlvSchema<{ n: number }>({ n: required(0x01, uint16) })
    const wide = fc.tuple(fc.nat(0x1_ffff), fc.constantFrom(1, 2, 4, 8))
    fc.assert(
      fc.property(wide, ([n, width]) => {
        if (n >= 2 ** (8 * width)) return
        const input = Uint8Array.from([1, width, n, n >> 8, n >> 16, 0, 0, 0, 0, 0]).subarray(
          0,
          2 + width,
        )
        expect(read(() => numbers.decodeLenient(input))?.n).toBe(n <= 0xffff ? n : undefined)
        expect(read(() => numbers.decode(input))?.n).toBe(width === 2 ? n : undefined)
      }),
    )
  })
})
