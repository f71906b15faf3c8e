import {
  recordingSampleRates,
  selectedCameraRecordingConfiguration,
  streamingStatus,
  supportedAudioRecordingConfiguration,
  supportedAudioStreamConfiguration,
  supportedCameraRecordingConfiguration,
  supportedRtpConfiguration,
  supportedVideoRecordingConfiguration,
  supportedVideoStreamConfiguration,
} from '@hksv/hap'
import { isTlvError, type TlvSchema } from '@hksv/tlv8'
import { describe, expect, it } from 'vitest'

import { fromHex, toHex, vectors } from './vector.ts'

const schemas = {
  selectedCameraRecordingConfiguration,
  supportedAudioRecordingConfiguration,
  supportedCameraRecordingConfiguration,
  supportedVideoRecordingConfiguration,
}

interface Case {
  readonly schema: keyof typeof schemas
  readonly hex: string
  readonly value?: object
  readonly canonical?: boolean
  /** The strict reader refuses it. */
  readonly lenient?: boolean
  readonly error?: string
}

const { cases } = vectors<Case>('recording-configuration')
const isLegal = (row: Case): boolean => row.error === undefined

/** The schemas alike, for rows of any of them. */
const schemaOf = ({ schema }: Case) => schemas[schema] as TlvSchema<object>

function fromVector(value: unknown): object {
  return JSON.parse(JSON.stringify(value), (name, field) =>
    name === 'eventTriggerOptions' ? BigInt(field) : field,
  )
}

function tlvErrorOf(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    if (!isTlvError(error)) throw error
    return error.code
  }
  return undefined
}

describe('recording configurations', () => {
  it.each(cases.filter(isLegal))('reads $name', row => {
    const value = fromVector(row.value)
    const schema = schemaOf(row)
    expect(schema.decodeLenient(fromHex(row.hex))).toEqual(value)
    const strict = tlvErrorOf(() => expect(schema.decode(fromHex(row.hex))).toEqual(value))
    expect(strict !== undefined).toBe(row.lenient ?? false)
  })

  it.each(cases.filter(isLegal))('writes $name', row => {
    const schema = schemaOf(row)
    const written = schema.encode(fromVector(row.value))
    if (row.canonical === false) {
      expect(schema.decode(written)).toEqual(fromVector(row.value))
    } else expect(toHex(written)).toBe(row.hex)
  })

  it.each(cases.filter(row => !isLegal(row)))('refuses $name', row => {
    expect(tlvErrorOf(() => schemaOf(row).decodeLenient(fromHex(row.hex)))).toBe(row.error)
  })

  it.each(cases.filter(isLegal))('cut at any byte is an error of TLV or shorter: $name', row => {
    const bytes = fromHex(row.hex)
    for (let length = 0; length < bytes.length; length++) {
      expect(() =>
        tlvErrorOf(() => schemaOf(row).decodeLenient(bytes.subarray(0, length))),
      ).not.toThrow()
    }
  })

  it('names the sample rates by their number on the wire', () => {
    expect(recordingSampleRates).toEqual([8000, 16_000, 24_000, 32_000, 44_100, 48_000])
  })
})

describe('stream configurations', () => {
  it('writes and reads 114', () => {
    const value = {
      codecs: [
        {
          codec: 0,
          parameters: { profiles: [1, 2], levels: [2], packetizationModes: [0] },
          attributes: [
            { width: 1920, height: 1080, frameRate: 30 },
            { width: 320, height: 240, frameRate: 15 },
          ],
        },
      ],
    }
    const hex =
      '01 2f 010100 020e 010101 0000 010102 020102 030100' +
      '03 0b 01028007 02023804 03011e 0000 03 0b 01024001 0202f000 03010f'
    const written = supportedVideoStreamConfiguration.encode(value)
    expect(toHex(written)).toBe(hex.replaceAll(' ', ''))
    expect(supportedVideoStreamConfiguration.decode(written)).toEqual(value)
  })

  it('writes and reads 115', () => {
    const parameters = { channels: 1, bitRateMode: 0, sampleRates: [1, 2] }
    const value = { codecs: [{ codec: 3, parameters }], comfortNoise: 0 }
    const written = supportedAudioStreamConfiguration.encode(value)
    expect(toHex(written)).toBe(
      '0113010103020e010101020100030101000003010202 0100'.replace(' ', ''),
    )
    expect(supportedAudioStreamConfiguration.decode(written)).toEqual(value)
  })

  it('writes 116 with type 02, and 120', () => {
    expect(toHex(supportedRtpConfiguration.encode({ cryptoSuites: [0] }))).toBe('020100')
    expect(toHex(supportedRtpConfiguration.encode({ cryptoSuites: [0, 2] }))).toBe(
      '0201000000020102',
    )
    expect(toHex(streamingStatus.encode({ status: 1 }))).toBe('010101')
    expect(streamingStatus.decode(fromHex('010102'))).toEqual({ status: 2 })
  })
})
