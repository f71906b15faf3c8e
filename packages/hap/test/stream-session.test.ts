import {
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
  streamingStatus,
} from '@hksv/hap'
import { isTlvError, type TlvSchema } from '@hksv/tlv8'
import { describe, expect, it } from 'vitest'

import { fromHex, toHex, vectors } from './vector.ts'

const schemas = {
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
  streamingStatus,
}

interface Case {
  readonly schema: keyof typeof schemas
  readonly hex: string
  readonly value?: object
  readonly error?: string
}

const { cases } = vectors<Case>('stream-session')
const legal = cases.filter(({ error }) => error === undefined)

/** The schemas alike, for rows of any of them. */
const schemaOf = ({ schema }: Case) => schemas[schema] as TlvSchema<object>

const byteFields = ['sessionId', 'masterKey', 'masterSalt']

function fromVector(value: unknown): object {
  return JSON.parse(JSON.stringify(value), (name, field) =>
    byteFields.includes(name) ? fromHex(field) : field,
  )
}

/** The code with which the bytes are refused. */
function refusal(row: Case, bytes: Uint8Array): string | undefined {
  try {
    schemaOf(row).decodeLenient(bytes)
  } catch (error) {
    if (!isTlvError(error)) throw error
    return error.code
  }
  return undefined
}

describe('the TLVs of a live view', () => {
  it.each(legal)('reads $name', row => {
    const value = fromVector(row.value)
    expect(schemaOf(row).decodeLenient(fromHex(row.hex))).toEqual(value)
    expect(schemaOf(row).decode(fromHex(row.hex))).toEqual(value)
  })

  it.each(legal)('writes $name', row => {
    expect(toHex(schemaOf(row).encode(fromVector(row.value)))).toBe(row.hex)
  })

  it.each(cases.filter(({ error }) => error !== undefined))('refuses $name', row => {
    expect(refusal(row, fromHex(row.hex))).toBe(row.error)
  })

  it.each(legal)('cut at any byte is an error of TLV or shorter: $name', row => {
    const bytes = fromHex(row.hex)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => refusal(row, bytes.subarray(0, length))).not.toThrow()
    }
  })
})
