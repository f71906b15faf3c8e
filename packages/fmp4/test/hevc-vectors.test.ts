import {
  type HevcConfiguration,
  hevcLayerId,
  hevcNalType,
  hevcParameterSetId,
  parseHevcConfiguration,
  parseHevcSps,
  writeHevcConfiguration,
} from '@hksv/fmp4'
import { describe, expect, test } from 'vitest'

import { BitWriter } from './support/bit-writer.ts'
import { accepted, codeOf, cutAnywhere, fromHex, hexed, refused, toHex } from './support/vectors.ts'

describe('SPS of H.265', () => {
  interface Expected {
    sampleAspectRatio?: string
    isFullRange?: boolean
    timing?: [unitsInTick: number, timeScale: number]
  }
  test.each(accepted<Expected>('hevc-sps'))('$name', ({ bytes, value }) => {
    const { vui, ...sps } = parseHevcSps(bytes)
    const { sampleAspectRatio, isFullRange, timing, ...rest } = value
    expect(sps).toMatchObject({ isTailDamaged: false, ...rest })
    const ratio = vui.sampleAspectRatio
    expect(ratio && `${ratio.width}:${ratio.height}`).toBe(sampleAspectRatio)
    expect(vui.isFullRange).toBe(isFullRange)
    expect(vui.framesPerSecond).toBe(timing && timing[1] / timing[0])
    cutAnywhere(bytes, parseHevcSps)
  })
  test.each(refused('hevc-sps'))('refused: $name', ({ bytes, error }) => {
    expect(codeOf(() => parseHevcSps(bytes))).toBe(error)
  })
})

describe('hvcC', () => {
  const name = 'hevc-configuration'
  const rows = accepted<HevcConfiguration>(name)
  test.each(rows)('$name', ({ bytes, value, canonical }) => {
    const read = parseHevcConfiguration(bytes)
    expect(hexed(read)).toEqual(value)
    if (canonical) expect(toHex(writeHevcConfiguration(read))).toBe(toHex(bytes))
    cutAnywhere(bytes, parseHevcConfiguration)
  })
  test.each(refused(name))('refused: $name', ({ bytes, error }) => {
    expect(codeOf(() => parseHevcConfiguration(bytes))).toBe(error)
  })

  const [{ bytes }] = rows as [(typeof rows)[number]]
  const sets = parseHevcConfiguration(bytes)
  const long = (nal: Uint8Array | undefined) => [Uint8Array.of(...(nal ?? []), ...Array(66_000))]
  const sixteenBits = new BitWriter()
    .bits(1, 8) // one layer, nested
    .bits(4, 8)
    .bits(0, 88)
    .ue(0)
    .ue(1)
    .ue(64)
    .ue(64)
    .flag(false)
    .ue(8)
    .ue(8)
    .nal(0x42, 0x01)
  test.each([
    ['no VPS', { ...sets, vps: [] }, 'FMP4_PARAMETER_SETS'],
    ['no SPS', { ...sets, sps: [] }, 'FMP4_PARAMETER_SETS'],
    ['no PPS', { ...sets, pps: [] }, 'FMP4_PARAMETER_SETS'],
    ['VPS and SPS exchanged', { ...sets, vps: sets.sps, sps: sets.vps }, 'FMP4_PARAMETER_SETS'],
    ['SPS of H.264', { ...sets, sps: [fromHex('6742c01fda014016')] }, 'FMP4_PARAMETER_SETS'],
    ['SPS cut short', { ...sets, sps: [sets.sps[0]?.subarray(0, 12)] }, 'FMP4_BITSTREAM'],
    ['PPS of 66 KB', { ...sets, pps: long(sets.pps[0]) }, 'FMP4_TOO_LARGE'],
    ['65,536 PPS', { ...sets, pps: Array(65_536).fill(sets.pps[0]) }, 'FMP4_TOO_LARGE'],
    ['16 bits', { ...sets, sps: [sixteenBits] }, 'FMP4_TOO_LARGE'],
  ])('is not written: %s', (_, wrong, error) => {
    expect(codeOf(() => writeHevcConfiguration(wrong as HevcConfiguration))).toBe(error)
  })
})

test('parameter sets are told apart by their ids', () => {
  for (const { value } of accepted<{ vps: string[]; sps: string[]; pps: string[] }>(
    'hevc-configuration',
  ))
    for (const hex of [...value.vps, ...value.sps, ...value.pps])
      expect(hevcParameterSetId(fromHex(hex))).toBe(0)
  expect(hevcParameterSetId(new BitWriter().bits(9, 4).nal(0x40, 0x01))).toBe(9)
  expect(hevcParameterSetId(new BitWriter().ue(63).nal(0x44, 0x01))).toBe(63)
  const sps = accepted('hevc-sps').find(({ name }) => name.startsWith('sub-layers'))
  expect(hevcParameterSetId(sps?.bytes ?? new Uint8Array())).toBe(2)
  for (const hex of ['', '4001', '4401', '4201', '2601af'])
    expect(codeOf(() => hevcParameterSetId(fromHex(hex)))).toBe('FMP4_BITSTREAM')
})

test('the header of a NAL unit has two bytes', () => {
  expect([0x40, 0x42, 0x44, 0x26, 0x02].map(byte => hevcNalType(Uint8Array.of(byte, 1)))).toEqual([
    32, 33, 34, 19, 1,
  ])
  expect(hevcNalType(new Uint8Array())).toBe(0)
  expect(hevcLayerId(fromHex('4209'))).toBe(1)
  expect(hevcLayerId(fromHex('43f9'))).toBe(63)
})
