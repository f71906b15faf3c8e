import type { CryptoProvider } from '@hksv/crypto'
import { nodeProvider } from '@hksv/crypto/node'
import { RecordOpener, RecordSealer } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, flip, fromHex, providers, toHex, vectors } from './vector.ts'

interface Case {
  readonly hex: string
  readonly value?: readonly string[]
  readonly canonical?: boolean
  readonly error?: string
  readonly opened?: number
}

const file = vectors<Case, { key: string }>('records')
const key = fromHex(file.key)
const isLegal = (row: Case): boolean => row.error === undefined
const opener = (crypto: CryptoProvider = nodeProvider) => new RecordOpener(crypto, key)

/** What comes out before the error, one byte at a time. */
function openBytewise(machine: RecordOpener, stream: Uint8Array) {
  const opened: Uint8Array[] = []
  const error = errorOf(() => {
    for (const byte of stream) opened.push(...machine.open(Uint8Array.of(byte)))
  })
  return { opened, error }
}

describe.each(providers)('records with the $name backend', crypto => {
  it.each(file.cases.filter(isLegal))('opens $name, at once and byte by byte', row => {
    const stream = fromHex(row.hex)
    const expected = (row.value ?? []).join('')
    expect(opener(crypto).open(stream).map(toHex).join('')).toBe(expected)
    const machine = opener(crypto)
    const { opened, error } = openBytewise(machine, stream)
    expect(error).toBeUndefined()
    expect(opened.map(toHex).join('')).toBe(expected)
    expect(machine.pendingLength).toBe(0)
  })

  it.each(file.cases.filter(row => isLegal(row) && row.canonical !== false))('seals $name', row => {
    const sealer = new RecordSealer(crypto, key)
    expect((row.value ?? []).map(plain => toHex(sealer.seal(fromHex(plain)))).join('')).toBe(
      row.hex,
    )
  })

  it.each(file.cases.filter(row => !isLegal(row)))('refuses $name', row => {
    const stream = fromHex(row.hex)
    expect(errorOf(() => opener(crypto).open(stream))).toBe(row.error)
    const { opened, error } = openBytewise(opener(crypto), stream)
    expect(error).toBe(row.error)
    expect(opened.length).toBe(row.opened)
  })
})

const stream = new RecordSealer(nodeProvider, key).seal(new Uint8Array(2100).fill(7))

describe('the record layer', () => {
  it('splits after 1024 bytes and adds 18 bytes a record', () => {
    expect(stream.length).toBe(2100 + 3 * 18)
    expect(new RecordSealer(nodeProvider, key).seal(new Uint8Array()).length).toBe(0)
  })

  it('gives the same bytes wherever the stream is cut in two', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const machine = opener()
      const parts = [
        ...machine.open(stream.subarray(0, cut)),
        ...machine.open(stream.subarray(cut)),
      ]
      expect(Buffer.concat(parts).equals(new Uint8Array(2100).fill(7))).toBe(true)
    }
  })

  it('keeps at most 1041 bytes, and a copy of them', () => {
    const machine = opener()
    const first = stream.slice(0, 1041)
    expect(machine.open(first)).toEqual([])
    expect(machine.pendingLength).toBe(1041)
    first.fill(0)
    expect(machine.open(stream.subarray(1041, 1042)).length).toBe(1)
    expect(machine.pendingLength).toBe(0)
  })

  it('accepts empty records, which cost a counter step and leave nothing behind', () => {
    const COUNT = 3000
    const aead = nodeProvider.aead(key)
    const empty = new Uint8Array(2)
    const records = Array.from({ length: COUNT }, (_, i) => {
      const nonce = new Uint8Array(12)
      new DataView(nonce.buffer).setBigUint64(4, BigInt(i), true)
      return Buffer.concat([empty, ...aead.seal(nonce, empty, [new Uint8Array()])])
    })
    const sealer = new RecordSealer(nodeProvider, key)
    // Their counter has come as far.
    for (let i = 0; i < COUNT; i++) sealer.seal(Uint8Array.of(0))
    const machine = opener()
    expect(machine.open(Buffer.concat(records))).toEqual([])
    expect(machine.pendingLength).toBe(0)
    expect(machine.open(sealer.seal(Uint8Array.of(1, 2))).map(toHex)).toEqual(['0102'])
  })

  it('opens a chunk of many records, the first of them begun before', () => {
    const plain = new Uint8Array(300_000).map((_, i) => i % 251)
    const sealed = new RecordSealer(nodeProvider, key).seal(plain)
    for (const begun of [1, 2, 17, 1041]) {
      const machine = opener()
      expect(machine.open(sealed.subarray(0, begun))).toEqual([])
      const opened = machine.open(sealed.subarray(begun, -1))
      expect(machine.pendingLength).toBe((300_000 % 1024) + 17)
      opened.push(...machine.open(sealed.subarray(-1)))
      expect(Buffer.concat(opened).equals(plain)).toBe(true)
      expect(opened.length).toBe(Math.ceil(300_000 / 1024))
    }
  })

  it('refuses a length over 1024 with its second byte', () => {
    const machine = opener()
    expect(machine.open(Uint8Array.of(1))).toEqual([])
    expect(errorOf(() => machine.open(Uint8Array.of(4)))).toBe('RECORD_TOO_LONG')
    const longest = opener()
    expect(longest.open(Uint8Array.of(0, 4))).toEqual([])
  })

  it('gives memory that the caller may overwrite', () => {
    const machine = opener()
    const input = stream.slice()
    const [first] = machine.open(input)
    input.fill(0)
    expect(first?.every(byte => byte === 7)).toBe(true)
  })

  it('refuses each flipped bit of a record', () => {
    const record = fromHex(file.cases.find(({ name }) => name === 'a request')?.hex ?? '')
    for (let bit = 0; bit < 8 * record.length; bit++) {
      const altered = flip(record, bit >> 3, 1 << (bit & 7))
      const machine = opener()
      // A longer announced length only asks for more; then the tag does not hold.
      const code = errorOf(() => [altered, new Uint8Array(1024)].map(part => machine.open(part)))
      expect(code).toMatch(/^RECORD_/)
    }
  })

  it('stays lost after an error, whatever comes', () => {
    const machine = opener()
    expect(errorOf(() => machine.open(flip(stream, 5)))).toBe('RECORD_AUTHENTICATION')
    expect(machine.pendingLength).toBe(0)
    expect(errorOf(() => machine.open(stream))).toBe('RECORD_AUTHENTICATION')
    expect(errorOf(() => machine.open(new Uint8Array()))).toBe('RECORD_AUTHENTICATION')
  })

  it('counts records in 64 bits, little-endian, behind four zero bytes', () => {
    const nonces: string[] = []
    const tag = new Uint8Array(16)
    const aead = {
      seal: (nonce: Uint8Array, _aad: Uint8Array, parts: readonly Uint8Array[]) => {
        nonces.push(toHex(nonce))
        return [...parts.map(part => part.slice()), tag]
      },
      open: () => undefined,
    }
    const sealer = new RecordSealer({ ...nodeProvider, aead: () => aead }, key)
    const COUNT = 70_000
    for (let i = 0; i < COUNT; i++) sealer.seal(Uint8Array.of(1))
    const expected = Array.from({ length: COUNT }, (_, i) => {
      const nonce = Buffer.alloc(12)
      nonce.writeBigUInt64LE(BigInt(i), 4)
      return nonce.toString('hex')
    })
    expect(nonces).toEqual(expected)
  })
})
