import { initSegment, isFmp4Error, parseSps, removeEmulationPrevention } from '@hksv/fmp4'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { BitWriter } from './support/bit-writer.ts'
import { video } from './support/stream.ts'

const small = fc.nat(200)
const scalingList = fc.option(fc.array(fc.integer({ min: -128, max: 127 }), { maxLength: 16 }), {
  nil: undefined,
})

const fields = fc.record({
  profile: fc.constantFrom(66, 77, 88, 100, 110, 122, 244),
  compatibility: fc.nat(255),
  level: fc.constantFrom(30, 31, 32, 40, 41, 51),
  id: fc.nat(31),
  chromaFormat: fc.nat(3),
  depths: fc.tuple(fc.nat(6), fc.nat(6)),
  scaling: fc.option(fc.array(scalingList, { minLength: 12, maxLength: 12 }), { nil: undefined }),
  poc: fc.oneof(
    fc.record({ type: fc.constant(0 as const) }),
    fc.record({
      type: fc.constant(1 as const),
      offsets: fc.array(fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }), { maxLength: 5 }),
    }),
    fc.record({ type: fc.constant(2 as const) }),
  ),
  references: fc.nat(16),
  widthMbs: fc.integer({ min: 8, max: 300 }),
  heightUnits: fc.integer({ min: 8, max: 300 }),
  isProgressive: fc.boolean(),
  crop: fc.option(fc.tuple(fc.nat(7), fc.nat(7), fc.nat(7), fc.nat(7)), { nil: undefined }),
  vui: fc.option(
    fc.record({
      ratio: fc.option(fc.oneof(fc.integer({ min: 1, max: 16 }), fc.constant(255)), {
        nil: undefined,
      }),
      isFullRange: fc.option(fc.boolean(), { nil: undefined }),
      timing: fc.option(
        fc.tuple(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 1, max: 2 ** 32 - 1 })),
        { nil: undefined },
      ),
      nalHrd: fc.option(fc.nat(3), { nil: undefined }),
      vclHrd: fc.option(fc.nat(3), { nil: undefined }),
      reorder: fc.option(small, { nil: undefined }),
    }),
    { nil: undefined },
  ),
})

type Fields = typeof fields extends fc.Arbitrary<infer T> ? T : never

function writeHead(w: BitWriter, sps: Fields): void {
  w.bits(sps.profile, 8).bits(sps.compatibility, 8).bits(sps.level, 8).ue(sps.id)
  if (sps.profile < 100) return
  w.ue(sps.chromaFormat)
  if (sps.chromaFormat === 3) w.flag(false)
  w.ue(sps.depths[0]).ue(sps.depths[1]).flag(false)
  w.flag(sps.scaling !== undefined)
  sps.scaling?.slice(0, sps.chromaFormat === 3 ? 12 : 8).forEach((deltas, i) => {
    w.flag(deltas !== undefined)
    if (deltas !== undefined) writeScalingList(w, deltas, i < 6 ? 16 : 64)
  })
}

/** @see ITU-T H.264 §7.3.2.1.1.1 */
function writeScalingList(w: BitWriter, deltas: number[], length: number): void {
  let last = 8
  let next = 8
  for (let j = 0; j < length; j++) {
    if (next !== 0) {
      const delta = deltas[j % Math.max(1, deltas.length)] ?? 0
      w.se(delta)
      next = (last + delta + 256) % 256
    }
    last = next === 0 ? last : next
  }
}

function writeHrd(w: BitWriter, count: number | undefined): void {
  w.flag(count !== undefined)
  if (count === undefined) return
  w.ue(count).bits(0x35, 8)
  for (let i = 0; i <= count; i++) w.ue(1000).ue(70_000).flag(true)
  w.bits(0xabcde, 20)
}

function writeVui(w: BitWriter, vui: NonNullable<Fields['vui']>): void {
  w.flag(vui.ratio !== undefined)
  if (vui.ratio !== undefined) w.bits(vui.ratio, 8)
  if (vui.ratio === 255) w.bits(64, 16).bits(45, 16)
  w.flag(true).flag(false) // overscan
  w.flag(vui.isFullRange !== undefined)
  if (vui.isFullRange !== undefined)
    w.bits(5, 3).flag(vui.isFullRange).flag(true).bits(0x010101, 24)
  w.flag(true).ue(0).ue(0) // chroma location
  w.flag(vui.timing !== undefined)
  if (vui.timing !== undefined) w.bits(vui.timing[0], 32).bits(vui.timing[1], 32).flag(true)
  writeHrd(w, vui.nalHrd)
  writeHrd(w, vui.vclHrd)
  if (vui.nalHrd !== undefined || vui.vclHrd !== undefined) w.flag(false)
  w.flag(true) // pic_struct
  w.flag(vui.reorder !== undefined)
  if (vui.reorder !== undefined) w.flag(true).ue(0).ue(0).ue(16).ue(16).ue(vui.reorder).ue(16)
}

function write(sps: Fields): Uint8Array {
  const w = new BitWriter()
  writeHead(w, sps)
  w.ue(4).ue(sps.poc.type)
  if (sps.poc.type === 0) w.ue(6)
  if (sps.poc.type === 1) {
    w.flag(false).se(-3).se(5).ue(sps.poc.offsets.length)
    for (const offset of sps.poc.offsets) w.se(offset)
  }
  w.ue(sps.references).flag(false)
  w.ue(sps.widthMbs - 1)
    .ue(sps.heightUnits - 1)
    .flag(sps.isProgressive)
  if (!sps.isProgressive) w.flag(true)
  w.flag(true).flag(sps.crop !== undefined)
  for (const edge of sps.crop ?? []) w.ue(edge)
  w.flag(sps.vui !== undefined)
  if (sps.vui !== undefined) writeVui(w, sps.vui)
  return w.nal(0x67)
}

/** Sizes from the semantics of the crop fields. @see ITU-T H.264 §7.4.2.1.1 */
function sizeOf(sps: Fields) {
  const chroma = sps.profile < 100 ? 1 : sps.chromaFormat
  const subWidth = chroma === 1 || chroma === 2 ? 2 : 1
  const subHeight = chroma === 1 ? 2 : 1
  const [left, right, top, bottom] = sps.crop ?? [0, 0, 0, 0]
  const fields = sps.isProgressive ? 1 : 2
  return {
    width: sps.widthMbs * 16 - subWidth * (left + right),
    height: sps.heightUnits * 16 * fields - subHeight * fields * (top + bottom),
  }
}

describe('any SPS', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fields, sps => {
        const read = parseSps(write(sps))
        const { profile, compatibility, level, id, isProgressive } = sps
        expect(read).toMatchObject({
          ...{ profile, compatibility, level, id, isProgressive, isVuiDamaged: false },
          ...{ ...sizeOf(sps), maxReferenceFrames: sps.references },
          pictureOrderCountType: sps.poc.type,
        })
        const [units, scale] = sps.vui?.timing ?? []
        expect(read.vui.framesPerSecond).toBe(units && scale && scale / (2 * units))
        expect(read.vui.maxReorderFrames).toBe(sps.vui?.reorder)
        expect(read.vui.isFullRange).toBe(sps.vui?.isFullRange)
        expect(read.vui.sampleAspectRatio === undefined).toBe(sps.vui?.ratio === undefined)
      }),
      { numRuns: 500 },
    )
  })

  test('cut anywhere: refused, or its size is kept', () => {
    fc.assert(
      fc.property(fields, fc.nat(100), (sps, length) => {
        const nal = write(sps)
        try {
          expect(parseSps(nal.subarray(0, length))).toMatchObject(sizeOf(sps))
        } catch (error) {
          expect(isFmp4Error(error)).toBe(true)
        }
      }),
    )
  })

  test('garbage behind the size does not lose it', () => {
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 20 }), (sps, garbage) => {
        const clean = write({ ...sps, vui: undefined })
        // The last bit before the stop bit says whether a VUI follows.
        const w = new BitWriter()
        const bits = [...removeEmulationPrevention(clean).subarray(1)]
          .map(byte => byte.toString(2).padStart(8, '0'))
          .join('')
        for (const bit of bits.slice(0, bits.lastIndexOf('1') - 1)) w.flag(bit === '1')
        w.flag(true)
        for (const byte of garbage) w.bits(byte, 8)
        expect(parseSps(w.nal(0x67))).toMatchObject(sizeOf(sps))
      }),
    )
  })

  test('other bytes are refused by our error alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        try {
          parseSps(bytes)
        } catch (error) {
          expect(isFmp4Error(error)).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

test('an anamorphic picture gets a pasp box and its shown size', () => {
  const sps = write({
    ...{ profile: 77, compatibility: 0, level: 30, id: 0, chromaFormat: 1, depths: [0, 0] },
    ...{ scaling: undefined, poc: { type: 2 }, references: 1, widthMbs: 45, heightUnits: 36 },
    ...{ isProgressive: true, crop: undefined },
    vui: {
      ratio: 255,
      ...{ isFullRange: undefined, timing: undefined, nalHrd: undefined },
      ...{ vclHrd: undefined, reorder: undefined },
    },
  })
  const bytes = Buffer.from(
    initSegment({ video: { ...video, sps: [sps], width: 1024, height: 576 } }),
  )
  const pasp = bytes.indexOf('pasp')
  expect([bytes.readUInt32BE(pasp + 4), bytes.readUInt32BE(pasp + 8)]).toEqual([64, 45])
  const avc1 = bytes.indexOf('avc1', bytes.indexOf('stsd'))
  expect([bytes.readUInt16BE(avc1 + 28), bytes.readUInt16BE(avc1 + 30)]).toEqual([720, 576])
  const tkhd = bytes.indexOf('tkhd')
  expect([bytes.readUInt16BE(tkhd + 80), bytes.readUInt16BE(tkhd + 84)]).toEqual([1024, 576])
})
