import {
  generateDeviceId,
  generateSetupCode,
  generateSetupId,
  parseSetupCode,
  parseSetupUri,
  type SetupPayload,
  setupHash,
  setupUri,
} from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, providers, vectors } from './vector.ts'
import { seeded } from './world.ts'

type Case = { readonly error?: string; readonly canonical?: boolean } & (
  | { readonly uri: string; readonly value?: SetupPayload }
  | { readonly code: string; readonly value?: string }
  | { readonly setupId: string; readonly deviceId: string; readonly value: string }
)

const { cases } = vectors<Case>('setup')
const uris = cases.filter(row => 'uri' in row)
const codes = cases.filter(row => 'code' in row)
const hashes = cases.filter(row => 'deviceId' in row)
const payload = {
  category: 17,
  setupCode: '031-45-154',
  setupId: 'ABCD',
  isIp: true,
  isBle: false,
  isPaired: false,
}

describe('setup URIs', () => {
  it.each(uris)('$name', ({ uri, value, error, canonical = true }) => {
    expect(errorOf(() => parseSetupUri(uri))).toBe(error)
    if (value === undefined) return
    expect(parseSetupUri(uri)).toEqual(value)
    if (canonical) expect(setupUri(value)).toBe(uri)
    else expect(parseSetupUri(setupUri(value))).toEqual(value)
  })

  it('are not written with a category that is no byte or an odd setup id', () => {
    for (const category of [-1, 256, 1.5, Number.NaN]) {
      expect(() => setupUri({ ...payload, category })).toThrow(RangeError)
    }
    for (const setupId of ['', 'ABC', 'ABCDE', 'abcd', 'AB-D']) {
      expect(() => setupUri({ ...payload, setupId })).toThrow(RangeError)
    }
  })

  it('are not written with a code that is none', () => {
    const write = (setupCode: string) => errorOf(() => setupUri({ ...payload, setupCode }))
    expect(write('0x123456')).toBe('SETUP_CODE_FORMAT')
    expect(write('123-45-678')).toBe('SETUP_CODE_FORBIDDEN')
  })
})

describe('setup codes', () => {
  it.each(codes)('$name', ({ code, value, error }) => {
    expect(errorOf(() => parseSetupCode(code))).toBe(error)
    if (value !== undefined) expect(parseSetupCode(code)).toBe(value)
  })

  it('are drawn again when they are forbidden', () => {
    // Bytes below 250 are taken modulo 10; twelve forbidden codes come first.
    const forbidden = [...Array(10).keys()].map(digit => Array<number>(8).fill(digit))
    forbidden.push([1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1])
    const lists = [...forbidden, [0, 3, 1, 4, 5, 1, 5, 4]]
    const random = (): Uint8Array => Uint8Array.from(lists.shift() ?? [])
    expect(generateSetupCode(random)).toBe('031-45-154')
    expect(lists).toEqual([])
  })

  it('are drawn without bias: bytes over the last whole ten are thrown away', () => {
    const lists = [
      [250, 251, 252, 253, 254, 255, 249, 10],
      [1, 2, 3, 4, 5, 6, 7, 8],
    ]
    const random = (): Uint8Array => Uint8Array.from(lists.shift() ?? [])
    expect(generateSetupCode(random)).toBe('901-23-456')
  })
})

describe('drawn characters', () => {
  it.each([
    ['setup codes', 10, [1, 2, 3, 4, 5, 6, 7], generateSetupCode],
    ['setup ids', 36, [0, 0, 0], generateSetupId],
  ] as const)(
    'of %s are each as likely as any other: the same number of bytes leads to each of the %i',
    (_what, alphabet, others, generate) => {
      const counts = new Map<string, number>()
      for (let byte = 0; byte < 256; byte++) {
        const lists = [[byte, ...others]]
        const random = (length: number): Uint8Array =>
          Uint8Array.from(lists.shift() ?? new Uint8Array(length))
        const [first = ''] = generate(random)
        // A byte over the last whole alphabet is thrown away: then the next one is the first.
        const isTaken = byte < 256 - (256 % alphabet)
        if (isTaken) counts.set(first, (counts.get(first) ?? 0) + 1)
        else expect(first).toBe(String(others[0]))
      }
      const each = Math.floor(256 / alphabet)
      expect([...counts.values()]).toEqual(Array(alphabet).fill(each))
    },
  )
})

describe('drawn identifiers', () => {
  it('are codes, setup ids and device ids of the right form', () => {
    const random = seeded('ids')
    for (let i = 0; i < 200; i++) {
      const code = generateSetupCode(random)
      expect(parseSetupCode(code)).toBe(code)
      expect(generateSetupId(random)).toMatch(/^[0-9A-Z]{4}$/)
      expect(generateDeviceId(random)).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){5}$/)
    }
  })

  it('write their bytes as they are', () => {
    expect(generateDeviceId(() => Uint8Array.of(0, 1, 0xab, 255, 16, 9))).toBe('00:01:AB:FF:10:09')
    expect(generateSetupId(() => Uint8Array.of(0, 9, 10, 35))).toBe('09AZ')
    const lists = [
      [252, 253, 254, 255],
      [251, 36, 1, 2],
    ]
    expect(generateSetupId(() => Uint8Array.from(lists.shift() ?? []))).toBe('Z012')
  })
})

describe.each(providers)('setup hashes with the $name backend', crypto => {
  it.each(hashes)('$name', ({ setupId, deviceId, value }) => {
    expect(setupHash(crypto, setupId, deviceId)).toBe(value)
  })
})
