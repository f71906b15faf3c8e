import {
  decode,
  encode,
  encodedLength,
  encodeParts,
  isHdsError,
  type OpackValue,
} from '@hksv/hds/opack'
import { describe, expect, it } from 'vitest'

import {
  asVectorHex,
  fromHex,
  fromVector,
  type VectorHex,
  type VectorValue,
  vectors,
} from './vector.ts'

const canonical = vectors<{ hex: VectorHex; safeHex?: VectorHex; value: VectorValue }>(
  'opack-canonical',
)
const lenient = vectors<{
  hex: string
  value?: VectorValue
  hapnodejsValue?: VectorValue
  error?: string
}>('opack-lenient-forms')
const refused = vectors<{
  hex: string
  error: string
  offset: number
  trailingAllowed?: VectorValue
}>('opack-refused')

function errorOf(run: () => unknown): { code: string; offset: number | undefined } | undefined {
  try {
    run()
  } catch (error) {
    if (!isHdsError(error)) throw error
    return { code: error.code, offset: error.offset }
  }
  return undefined
}

/** Compares large data as bytes, which is a hundred times faster. */
function expectValue(actual: OpackValue, expected: OpackValue): void {
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) {
    expect(Buffer.compare(actual, expected)).toBe(0)
  } else expect(actual).toEqual(expected)
}

/** Every prefix of short documents; of long ones, the first and last hundred. */
function cuts(length: number): number[] {
  const all = Array.from({ length }, (_, at) => at)
  return length <= 300 ? all : [...all.slice(0, 100), ...all.slice(-100)]
}

describe('canonical documents', () => {
  it.each(canonical.cases)('$name', ({ hex, safeHex = hex, value: written }) => {
    const value = fromVector(written)
    const apple = encode(value, { mode: 'apple' })
    const safe = encode(value)
    expect(asVectorHex(apple, hex)).toEqual(hex)
    expect(asVectorHex(safe, safeHex)).toEqual(safeHex)
    expectValue(decode(apple), value)
    expectValue(decode(safe), value)
    expect(encodedLength(value, { mode: 'apple' })).toBe(apple.length)
    expect(encodedLength(value)).toBe(safe.length)
    expect(Buffer.concat(encodeParts(value)).equals(safe)).toBe(true)
    for (const document of [apple, safe]) {
      for (const cut of cuts(document.length)) {
        expect(errorOf(() => decode(document.subarray(0, cut)))?.code).toBe('OPACK_TRUNCATED')
      }
      const longer = new Uint8Array([...document, 0])
      expect(errorOf(() => decode(longer))).toEqual({
        code: 'OPACK_TRAILING_BYTES',
        offset: document.length,
      })
      expectValue(decode(longer, { trailing: 'allow' }), value)
    }
  })
})

describe('legal forms that no canonical writer makes', () => {
  it.each(lenient.cases)('$name', ({ hex, value, hapnodejsValue, error }) => {
    const document = fromHex(hex)
    if (value === undefined) expect(errorOf(() => decode(document))?.code).toBe(error)
    else {
      expect(decode(document)).toEqual(fromVector(value))
      expect(decode(encode(fromVector(value)))).toEqual(fromVector(value))
    }
    if (hapnodejsValue !== undefined) {
      expect(decode(document, { rule: 'hapnodejs' })).toEqual(fromVector(hapnodejsValue))
    }
  })
})

describe('refused documents', () => {
  it.each(refused.cases)('$name', ({ hex, error, offset, trailingAllowed }) => {
    expect(errorOf(() => decode(fromHex(hex)))).toEqual({ code: error, offset })
    if (trailingAllowed !== undefined) {
      expect(decode(fromHex(hex), { trailing: 'allow' })).toEqual(fromVector(trailingAllowed))
    }
  })
})
