import {
  bytes,
  float32,
  type ListField,
  list,
  nested,
  type OptionalField,
  optional,
  type RequiredField,
  required,
  type TlvFieldOf,
  type TlvSchema,
  type TlvTable,
  type TlvValue,
  tlvSchema,
  uint8,
  uint16,
  uint32,
  uint64,
  uintMinimal,
  utf8,
} from '@hksv/tlv8'
import { describe, expect, expectTypeOf, it } from 'vitest'

import { fromHex, toHex } from './vector.ts'

interface Attributes {
  width: number
  height: number
  frameRate?: number
  levels: readonly number[]
}

const table: TlvTable<Attributes> = {
  width: required(0x01, uint16),
  height: required(0x02, uint16),
  frameRate: optional(0x03, uint8),
  levels: list(0x04, uint8),
}
const attributes: TlvSchema<Attributes> = tlvSchema<Attributes>(table)

describe('the type of a schema', () => {
  it('is that of its messages', () => {
    expectTypeOf(attributes.encode).parameter(0).toEqualTypeOf<Attributes>()
    expectTypeOf(attributes.decode).returns.toEqualTypeOf<Attributes>()
    expectTypeOf(attributes.decodeLenient).returns.toEqualTypeOf<Attributes>()
    expectTypeOf<TlvValue<typeof attributes>>().toEqualTypeOf<Attributes>()
    expectTypeOf<TlvValue<string>>().toEqualTypeOf<never>()
  })

  it('asks of each property the field it needs', () => {
    expectTypeOf<TlvFieldOf<Attributes, 'width'>>().toEqualTypeOf<RequiredField<number>>()
    expectTypeOf<TlvFieldOf<Attributes, 'frameRate'>>().toEqualTypeOf<OptionalField<number>>()
    expectTypeOf<TlvFieldOf<Attributes, 'levels'>>().toEqualTypeOf<ListField<number>>()
    expectTypeOf<TlvFieldOf<{ key: Uint8Array }, 'key'>>().toEqualTypeOf<
      RequiredField<Uint8Array>
    >()
  })

  it('does not compile with a wrong table', () => {
    const wrong: readonly TlvTable<Attributes>[] = [
      // @ts-expect-error a field is missing
      { ...table, height: undefined },
      // @ts-expect-error an optional property cannot be a required field
      { ...table, frameRate: required(0x03, uint8) },
      // @ts-expect-error a required property cannot be an optional field
      { ...table, width: optional(0x01, uint16) },
      // @ts-expect-error a list needs a list field
      { ...table, levels: required(0x04, uint8) },
      // @ts-expect-error the codec reads another type
      { ...table, width: required(0x01, uint64) },
      // @ts-expect-error there is no such property
      { ...table, depth: required(0x05, uint8) },
    ]
    expect(wrong).toHaveLength(6)
  })
})

describe('a table', () => {
  it.each([
    [
      'one type twice',
      () => tlvSchema<{ a: number; b: number }>({ a: required(1, uint8), b: required(1, uint8) }),
    ],
    ['a type that is no byte', () => tlvSchema<{ a: number }>({ a: required(256, uint8) })],
    ['a list of separators', () => tlvSchema<{ a: number[] }>({ a: list(0, uint8) })],
  ])('is refused with %s', (_, make) => {
    expect(make).toThrow(RangeError)
  })
})

describe('encoding', () => {
  const whole: Attributes = { width: 1920, height: 1080, frameRate: 30, levels: [1, 2] }

  it('follows the table, not the object', () => {
    const { width, ...others } = whole
    expect(toHex(attributes.encode({ ...others, width }))).toBe(
      '0102800702023804' + '03011e' + '040101' + '0000' + '040102',
    )
  })

  it('leaves out what is not there', () => {
    expect(toHex(attributes.encode({ width: 1, height: 2, levels: [] }))).toBe('0102010002020200')
  })

  it('throws a TypeError without a required property, which only untyped code can leave out', () => {
    const incomplete = { height: 1, levels: [] } as unknown as Attributes
    expect(() => attributes.encode(incomplete)).toThrow(TypeError)
  })

  it('throws a RangeError for a value that does not fit', () => {
    expect(() => attributes.encode({ ...whole, width: 65_536 })).toThrow(RangeError)
    expect(() => attributes.encode({ ...whole, levels: [256] })).toThrow(RangeError)
  })
})

describe('decoding', () => {
  it('makes an object of its own properties only', () => {
    const message = attributes.decode(fromHex('01020100020202000701ff'))
    expect(Object.keys(message).sort()).toEqual(['height', 'levels', 'width'])
  })

  it('names the innermost field, and keeps the cause', () => {
    const outer = tlvSchema<{ inner: { n: number } }>({
      inner: required(0x01, nested(tlvSchema<{ n: number }>({ n: required(0x01, uint8) }))),
    })
    expect(() => outer.decode(fromHex('010401020000'))).toThrow(
      expect.objectContaining({
        code: 'TLV_LENGTH',
        field: 'n',
        cause: expect.objectContaining({ code: 'TLV_LENGTH' }),
      }),
    )
  })

  it('lets errors of a codec through that are no TlvError', () => {
    const bug = new Error('a bug')
    const broken = tlvSchema<{ a: number }>({
      a: required(0x01, {
        encode: () => new Uint8Array(0),
        decode: () => {
          throw bug
        },
      }),
    })
    expect(() => broken.decode(fromHex('010101'))).toThrow(bug)
  })

  it('takes type 00 for a field where no list is', () => {
    const method = tlvSchema<{ key: Uint8Array }>({ key: required(0x00, bytes({ max: 3 })) })
    expect(method.decode(fromHex('0000'))).toEqual({ key: new Uint8Array(0) })
    expect(method.decodeLenient(fromHex('0000'))).toEqual({ key: new Uint8Array(0) })
  })

  it('tells the field 00 from separators where a list is', () => {
    const mixed = tlvSchema<{ zero: number; levels: readonly number[] }>({
      zero: required(0x00, uint8),
      levels: list(0x01, uint8),
    })
    const message = { zero: 7, levels: [1, 2, 3] }
    expect(mixed.decode(mixed.encode(message))).toEqual(message)
    expect(mixed.decodeLenient(mixed.encode(message))).toEqual(message)
  })
})

describe('codecs', () => {
  it.each([
    ['uint8', uint8, [-1, 256, 0.5, Number.NaN]],
    ['uint16', uint16, [-1, 65_536, 0.5, Number.POSITIVE_INFINITY]],
    ['uint32', uint32, [-1, 2 ** 32, 0.5]],
    ['uintMinimal', uintMinimal, [-1, 2 ** 32, 0.5]],
    ['float32', float32, [Number.NaN, Number.POSITIVE_INFINITY, 1e39]],
  ] as const)('%s writes no number that does not fit', (_, codec, numbers) => {
    for (const number of numbers) expect(() => codec.encode(number)).toThrow(RangeError)
  })

  it('uint64 writes no number that does not fit', () => {
    for (const number of [-1n, 2n ** 64n]) expect(() => uint64.encode(number)).toThrow(RangeError)
  })

  it.each([
    [0, '00'],
    [0xff, 'ff'],
    [0x100, '0001'],
    [0xffff, 'ffff'],
    [0x1_0000, '000001'],
    [0xff_ffff, 'ffffff'],
    [0x100_0000, '00000001'],
    [0xffff_ffff, 'ffffffff'],
  ])('uintMinimal writes %i in as few bytes as hold it', (number, hex) => {
    expect(toHex(uintMinimal.encode(number))).toBe(hex)
    expect(uintMinimal.decode(fromHex(hex), 'strict')).toBe(number)
  })

  it.each([
    ['of one length', bytes({ length: 2 }), ['', '01', '010203']],
    ['between two', bytes({ min: 1, max: 2 }), ['', '010203']],
    ['up to a length', bytes({ max: 2 }), ['010203']],
  ])('bytes %s writes and reads no other', (_, codec, refused) => {
    expect(codec.encode(fromHex('0102'))).toEqual(fromHex('0102'))
    for (const hex of refused) {
      expect(() => codec.encode(fromHex(hex))).toThrow(RangeError)
      expect(() => codec.decode(fromHex(hex), 'strict')).toThrow(
        expect.objectContaining({ code: 'TLV_LENGTH' }),
      )
    }
  })

  it('utf8 counts bytes, and writes no half of a character', () => {
    const text = utf8({ max: 3 })
    expect(toHex(text.encode('€'))).toBe('e282ac')
    for (const refused of ['abcd', '€a', '\ud800', 'a\udc00']) {
      expect(() => text.encode(refused)).toThrow(RangeError)
    }
  })

  it('floats do not depend on where they stand in memory', () => {
    expect(float32.decode(fromHex('ff0000003fff').subarray(1, 5), 'strict')).toBe(0.5)
  })
})
