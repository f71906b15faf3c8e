import {
  dataParts,
  decode,
  decodeFirst,
  dictionary,
  encode,
  encodedLength,
  encodeParts,
  float32,
  float64,
  isHdsError,
  MAX_REFERENCED_LENGTH,
  MAX_VALUES,
  type OpackInput,
  type OpackValue,
  REFERENCE_LENGTH,
  uuid,
} from '@hksv/hds/opack'
import { describe, expect, it } from 'vitest'

function codeOf(run: () => unknown): string {
  try {
    run()
    return 'none'
  } catch (error) {
    if (isHdsError(error)) return error.code
    throw error
  }
}

describe('the reader', () => {
  it('returns data as views, chunked data joined', () => {
    const bytes = Uint8Array.of(0xd2, 0x72, 1, 2, 0x9f, 0x71, 3, 0x91, 1, 4, 0x03)
    const [view, joined] = decode(bytes) as Uint8Array[]
    expect(joined).toEqual(Uint8Array.of(3, 4))
    bytes.fill(9)
    expect(view).toEqual(Uint8Array.of(9, 9))
    expect(joined).toEqual(Uint8Array.of(3, 4))
  })

  it('reads a document inside a larger buffer', () => {
    const outer = Uint8Array.of(0xff, 0x36, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0xff)
    expect(decode(outer.subarray(1, 10))).toEqual(float64(1.5))
    expect(decodeFirst(outer.subarray(1))).toEqual({ value: float64(1.5), length: 9 })
  })

  it('keeps harmless what would be a prototype', () => {
    const value = decode(encode(dictionary(JSON.parse('{"__proto__": 1, "constructor": 2}'))))
    expect(value).toEqual(
      new Map([
        ['__proto__', 1],
        ['constructor', 2],
      ]),
    )
  })

  it('reads 4096 values and not one more', () => {
    const array = (length: number): Uint8Array =>
      Uint8Array.of(0xdf, ...new Uint8Array(length).fill(0x08), 0x03)
    expect(decode(array(MAX_VALUES - 1))).toHaveLength(MAX_VALUES - 1)
    expect(codeOf(() => decode(array(MAX_VALUES)))).toBe('OPACK_TOO_LARGE')
    const chunks = Uint8Array.of(0x9f, ...new Uint8Array(MAX_VALUES).fill(0x70), 0x03)
    expect(codeOf(() => decode(chunks))).toBe('OPACK_TOO_LARGE')
  })

  it('does not let references stand for more than 16 MiB', () => {
    const half = MAX_REFERENCED_LENGTH / 2
    const document = (references: number): Uint8Array =>
      Buffer.concat([
        Uint8Array.of(0xdf),
        encode(new Uint8Array(half)),
        new Uint8Array(references).fill(0xa0),
        Uint8Array.of(0x03),
      ])
    expect(decode(document(2))).toHaveLength(3)
    expect(codeOf(() => decode(document(3)))).toBe('OPACK_TOO_LARGE')
  })

  it('does not run out of stack', () => {
    for (const tag of [0xd1, 0xdf, 0xe1, 0xef, 0x9f]) {
      const deep = new Uint8Array(1_000_000).fill(tag)
      expect(codeOf(() => decode(deep))).toMatch(/TOO_DEEP|BAD_CHUNK/)
    }
  })

  it('reads by the rule of HAP-NodeJS when told to', () => {
    const rule = 'hapnodejs'
    const read = (...bytes: number[]): OpackValue => decode(Uint8Array.from(bytes), { rule })
    // true, a small integer, an empty string and one byte of data take slots; null does not.
    expect(read(0xd2, 0x01, 0xa0)).toEqual([true, true])
    expect(read(0xd3, 0x04, 0x0d, 0xa0)).toEqual([null, 5, 5])
    expect(read(0xd2, 0x40, 0xa0)).toEqual(['', ''])
    expect(read(0xd2, 0x71, 0x09, 0xa0)).toEqual([Uint8Array.of(9), Uint8Array.of(9)])
    expect(read(0xd2, 0x33, 0, 0, 0, 0, 0, 0, 0, 0, 0xa0)).toEqual([0, 0])
    const words = Array.from({ length: 48 }, (_, i) => `w${i}`)
    const safe = encode([...words, ...words.slice(0, 1)])
    const document = Uint8Array.from([...safe.subarray(0, -4), 0xcf, 0x03])
    expect(decode(document, { rule })).toEqual([...words, 'w47'])
    expect(codeOf(() => decode(document))).toBe('OPACK_UNKNOWN_TAG')
  })
})

describe('the writer', () => {
  it('refers to large data and copies the rest', () => {
    const large = new Uint8Array(REFERENCE_LENGTH).fill(1)
    const small = new Uint8Array(REFERENCE_LENGTH - 1).fill(2)
    const parts = encodeParts(dictionary({ a: small, b: large, c: 1 }))
    expect(parts).toHaveLength(3)
    expect(parts[1]).toBe(large)
    expect(Buffer.concat(parts).equals(encode(dictionary({ a: small, b: large, c: 1 })))).toBe(true)
    expect(encode(large).buffer).not.toBe(large.buffer)
  })

  it('takes data in slices, of which none is joined or lost', () => {
    const slices = [new Uint8Array(700), new Uint8Array(0), new Uint8Array(700).fill(3)]
    const parts = encodeParts([dataParts(slices), 'x'])
    expect(parts.slice(1, 3)).toEqual([slices[0], slices[2]])
    expect(parts[1]).toBe(slices[0])
    const joined = Buffer.concat(parts)
    expect(joined).toHaveLength(encodedLength([dataParts(slices), 'x']))
    expect(decode(joined)).toEqual([new Uint8Array(Buffer.concat(slices)), 'x'])
    expect(encode(dataParts([]))).toEqual(Uint8Array.of(0x91, 0))
  })

  it('in apple mode refers back over slices too', () => {
    const value = [dataParts([Uint8Array.of(1), Uint8Array.of(2)]), Uint8Array.of(1, 2)]
    expect(encode(value, { mode: 'apple' })).toEqual(Uint8Array.of(0xd2, 0x72, 1, 2, 0xa0))
  })

  it('in apple mode keeps kinds and zeros apart', () => {
    const values = [float64(0), float64(-0), float32(0), float64(Number.NaN), float64(Number.NaN)]
    const bytes = encode(values, { mode: 'apple' })
    expect(bytes).toHaveLength(1 + 9 + 9 + 5 + 9 + 1)
    expect(decode(bytes)).toEqual(values)
  })

  it.each<readonly [string, unknown, OpackInput]>([
    ['a fraction', TypeError, 1.5],
    ['infinity', TypeError, Number.POSITIVE_INFINITY],
    ['NaN', TypeError, Number.NaN],
    ['a number beyond 2^53', RangeError, 2 ** 53],
    ['a bigint beyond 64 bits', RangeError, 2n ** 63n],
    ['a bigint below 64 bits', RangeError, -(2n ** 63n) - 1n],
    ['a lone surrogate', TypeError, '\ud800x'],
    ['a UUID that is none', TypeError, { kind: 'uuid', text: 'nope' }],
  ])('refuses %s', (_, error, value) => {
    expect(() => encode([value])).toThrow(error as ErrorConstructor)
    expect(() => encode([value], { mode: 'apple' })).toThrow(error as ErrorConstructor)
  })

  it('refuses what no reader takes: more than 32 containers, and rings', () => {
    let deep: OpackInput = []
    for (let i = 0; i < 31; i++) deep = [deep]
    expect(decode(encode(deep))).toEqual(deep)
    expect(() => encode([deep])).toThrow(RangeError)
    const ring: OpackInput[] = []
    ring.push(ring)
    expect(() => encode(ring)).toThrow(RangeError)
  })

  it('writes bigints like the numbers they are', () => {
    for (const value of [-1, 0, 39, 40, -129, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      expect(encode(BigInt(value))).toEqual(encode(value))
    }
  })
})

it('checks the text of a UUID', () => {
  expect(uuid('12345678-1234-5678-9ABC-DEF012345678').text).toBe(
    '12345678-1234-5678-9abc-def012345678',
  )
  expect(() => uuid('12345678123456789abcdef012345678')).toThrow(TypeError)
})
