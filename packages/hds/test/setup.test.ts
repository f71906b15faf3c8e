import {
  decodeSetupRequest,
  decodeSetupResponse,
  encodeSetupReadback,
  encodeSetupRequest,
  encodeSetupResponse,
  type SetupResponse,
  SUPPORTED_DATA_STREAM_TRANSPORT,
} from '@hksv/hds'
import { describe, expect, it } from 'vitest'

import { fromHex, toHex, vectors } from './vector.ts'

interface Case {
  readonly message: 'request' | 'response'
  readonly hex: string
  readonly value?: Readonly<Record<string, string | number>>
  readonly canonical?: boolean
  readonly readback?: string
  readonly error?: string
}

const file = vectors<Case, { supported: string }>('setup')
const isLegal = (row: Case): boolean => row.error === undefined

/** The salts of a row's value as bytes. */
function bytesOf(value: Case['value']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value ?? {}).map(([key, field]) => [
      key,
      key.endsWith('Salt') ? fromHex(String(field)) : field,
    ]),
  )
}

function decode({ message }: Case, bytes: Uint8Array): unknown {
  return message === 'request' ? decodeSetupRequest(bytes) : decodeSetupResponse(bytes)
}

describe('SetupDataStreamTransport', () => {
  it.each(file.cases.filter(isLegal))('reads $name', row => {
    expect(decode(row, fromHex(row.hex))).toEqual(bytesOf(row.value))
  })

  it.each(file.cases.filter(row => isLegal(row) && row.canonical !== false))(
    'writes $name',
    row => {
      const { controllerKeySalt, ...response } = bytesOf(row.value)
      if (controllerKeySalt instanceof Uint8Array) {
        expect(toHex(encodeSetupRequest({ controllerKeySalt }))).toBe(row.hex)
      } else {
        expect(toHex(encodeSetupResponse(response as unknown as SetupResponse))).toBe(row.hex)
        expect(toHex(encodeSetupReadback(response as unknown as SetupResponse))).toBe(row.readback)
      }
    },
  )

  it.each(file.cases.filter(row => !isLegal(row)))('refuses: $message, $name', row => {
    expect(() => decode(row, fromHex(row.hex))).toThrow(
      expect.objectContaining({ name: 'HdsError', code: row.error }),
    )
  })

  it('refuses every cut of a request and of a response', () => {
    for (const row of file.cases.filter(({ value }) => value !== undefined)) {
      const bytes = fromHex(row.hex)
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decode(row, bytes.subarray(0, length))).toThrow(
          expect.objectContaining({ code: 'HDS_SETUP' }),
        )
      }
    }
  })

  it('is offered over TCP', () => {
    expect(toHex(SUPPORTED_DATA_STREAM_TRANSPORT)).toBe(file.supported)
  })

  it('is not written with a wrong port or salt', () => {
    const accessoryKeySalt = new Uint8Array(32)
    for (const port of [0, -1, 65_536, 1.5]) {
      expect(() => encodeSetupResponse({ status: 'success', port, accessoryKeySalt })).toThrow(
        RangeError,
      )
    }
    expect(() => encodeSetupRequest({ controllerKeySalt: new Uint8Array(31) })).toThrow(RangeError)
  })
})
