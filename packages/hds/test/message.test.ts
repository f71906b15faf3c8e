import {
  decodePayload,
  encodePayload,
  type HdsHeader,
  isHdsError,
  reasonName,
  statusName,
} from '@hksv/hds'
import { dictionary, encode, float64, type OpackInput } from '@hksv/hds/opack'
import { describe, expect, it } from 'vitest'

import { fromHex, fromVector, toHex, type VectorValue, vectors } from './vector.ts'

const wire = vectors<{
  hex: string
  headerLength: number
  header: VectorValue
  message: VectorValue
}>('wire-payloads')

function codeOf(run: () => unknown): string {
  try {
    run()
    return 'none'
  } catch (error) {
    if (isHdsError(error)) return error.code
    throw error
  }
}

function payload(header: OpackInput, message: OpackInput = new Map()): Uint8Array {
  const bytes = encode(header)
  return Buffer.concat([Uint8Array.of(bytes.length), bytes, encode(message)])
}

describe('payloads seen on the wire', () => {
  it.each(wire.cases)('$name', ({ hex, headerLength, header, message }) => {
    const bytes = fromHex(hex)
    expect(bytes[0]).toBe(headerLength)
    const read = decodePayload(bytes)
    expect(read.message).toEqual(fromVector(message))
    const fields = fromVector(header) as Map<string, unknown>
    expect(read.header.protocol).toBe(fields.get('protocol'))
    expect(read.header.topic).toBe(fields.get(read.header.kind))
    if (read.header.kind !== 'event') expect(read.header.id).toBe(fields.get('id'))
    if (read.header.kind === 'response') expect(read.header.status).toBe(fields.get('status'))
    const again = [header, message].map(part => encode(fromVector(part), { mode: 'apple' }))
    expect(toHex(Buffer.concat([Uint8Array.of(headerLength), ...again]))).toBe(hex)
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => decodePayload(bytes.subarray(0, length)))).toMatch(/HDS_(HEADER|MESSAGE)/)
    }
  })
})

describe('a header', () => {
  const good = { protocol: 'dataSend', request: 'open', id: 1 }
  it.each<readonly [string, Readonly<Record<string, OpackInput | undefined>>, string]>([
    ['with unknown keys', { ...good, extra: [1] }, 'none'],
    ['without a kind', { protocol: 'dataSend', id: 1 }, 'HDS_HEADER'],
    ['with two kinds', { ...good, event: 'open' }, 'HDS_HEADER'],
    ['without protocol', { ...good, protocol: undefined }, 'HDS_HEADER'],
    ['with a protocol of 64 bytes', { ...good, protocol: 'x'.repeat(64) }, 'none'],
    ['with a protocol of 65 bytes', { ...good, protocol: 'é'.repeat(33) }, 'HDS_HEADER'],
    ['with a topic that is a number', { ...good, request: 4 }, 'HDS_HEADER'],
    ['without an id', { ...good, id: undefined }, 'HDS_HEADER'],
    ['with a negative id', { ...good, id: -1 }, 'HDS_HEADER'],
    ['with a float as id', { ...good, id: float64(1) }, 'HDS_HEADER'],
    ['with a boolean as id', { ...good, id: true }, 'HDS_HEADER'],
    ['with the largest id', { ...good, id: 2n ** 63n - 1n }, 'none'],
    ['of an event, without an id', { protocol: 'a', event: 'b' }, 'none'],
    ['of a response, without a status', { protocol: 'a', response: 'b', id: 1 }, 'HDS_HEADER'],
    [
      'of a response, with text as status',
      { protocol: 'a', response: 'b', id: 1, status: 'x' },
      'HDS_HEADER',
    ],
    ['of a response', { protocol: 'a', response: 'b', id: 1, status: 0 }, 'none'],
  ])('%s', (_, fields, code) => {
    expect(codeOf(() => decodePayload(payload(dictionary(fields))))).toBe(code)
  })

  it('has to be a dictionary within the payload', () => {
    expect(codeOf(() => decodePayload(payload(['event'])))).toBe('HDS_HEADER')
    expect(codeOf(() => decodePayload(new Uint8Array()))).toBe('HDS_HEADER')
    expect(codeOf(() => decodePayload(Uint8Array.of(0, 0xe0, 0xe0)))).toBe('HDS_HEADER')
    expect(codeOf(() => decodePayload(Uint8Array.of(2, 0xe0)))).toBe('HDS_HEADER')
    expect(codeOf(() => decodePayload(Uint8Array.of(200, 0xe0, 0xe0)))).toBe('HDS_HEADER')
  })

  it('of more than 255 bytes is not written', () => {
    const header: HdsHeader = { kind: 'event', protocol: 'a'.repeat(120), topic: 'b'.repeat(120) }
    expect(() => encodePayload(header, new Map())).toThrow(RangeError)
  })
})

describe('a message', () => {
  const header = dictionary({ protocol: 'a', event: 'b' })

  it('has to be a dictionary', () => {
    for (const message of [null, 'x', [], 1]) {
      expect(codeOf(() => decodePayload(payload(header, message)))).toBe('HDS_MESSAGE')
    }
  })

  it('may be followed by bytes where that is allowed', () => {
    const bytes = Buffer.concat([payload(header), Uint8Array.of(8)])
    expect(codeOf(() => decodePayload(bytes))).toBe('HDS_MESSAGE')
    expect(decodePayload(bytes, { trailing: 'allow' }).message).toEqual(new Map())
  })

  it('has a table of references of its own', () => {
    const fields = dictionary({ protocol: 'same', event: 'same' })
    const documents = [fields, fields].map(each => encode(each, { mode: 'apple' }))
    const [first] = documents
    const bytes = Buffer.concat([Uint8Array.of(first?.length ?? 0), ...documents])
    expect(decodePayload(bytes).message).toEqual(fields)
  })
})

it('names reasons and statuses', () => {
  expect([0, 5, 9, 10].map(reasonName)).toEqual([
    'normal',
    'unexpectedFailure',
    'invalidConfiguration',
    'unknown 10',
  ])
  expect([0, 6, 7].map(statusName)).toEqual(['success', 'protocolSpecificError', 'unknown 7'])
})
