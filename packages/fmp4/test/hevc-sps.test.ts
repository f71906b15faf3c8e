import { isFmp4Error, parseHevcSps } from '@hksv/fmp4'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { BitWriter } from './support/bit-writer.ts'

const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })
const distances = fc.array(fc.record({ distance: fc.nat(9), isUsed: fc.boolean() }), {
  maxLength: 5,
})

const fields = fc.record({
  profile: fc.nat(31),
  tier: fc.nat(1),
  level: fc.nat(255),
  compatibility: fc.nat(2 ** 32 - 1),
  constraints: fc.nat(2 ** 48 - 1),
  subLayers: fc.array(fc.record({ hasProfile: fc.boolean(), hasLevel: fc.boolean() }), {
    maxLength: 6,
  }),
  id: fc.nat(15),
  chromaFormat: fc.nat(3),
  width: fc.integer({ min: 64, max: 8192 }),
  height: fc.integer({ min: 64, max: 8192 }),
  window: optional(fc.tuple(fc.nat(7), fc.nat(7), fc.nat(7), fc.nat(7))),
  depths: fc.tuple(fc.nat(8), fc.nat(8)),
  reorder: fc.nat(15),
  hasAllSubLayers: fc.boolean(),
  scaling: optional(fc.array(fc.boolean(), { minLength: 20, maxLength: 20 })),
  hasPcm: fc.boolean(),
  sets: fc.array(
    fc.oneof(
      fc.record({ negative: distances, positive: distances }),
      fc.record({
        delta: fc.integer({ min: 1, max: 4 }),
        isNegative: fc.boolean(),
        choices: fc.array(fc.constantFrom('used', 'unused', 'dropped'), {
          minLength: 90,
          maxLength: 90,
        }),
      }),
    ),
    { maxLength: 12 },
  ),
  longTerm: optional(fc.array(fc.nat(255), { maxLength: 4 })),
  vui: optional(
    fc.record({
      ratio: optional(fc.oneof(fc.integer({ min: 1, max: 16 }), fc.constant(255))),
      isFullRange: optional(fc.boolean()),
      window: optional(fc.nat(9)),
      timing: optional(
        fc.tuple(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 1, max: 2 ** 32 - 1 })),
      ),
    }),
  ),
})

type Fields = typeof fields extends fc.Arbitrary<infer T> ? T : never

/** @see ITU-T H.265 §7.3.3 */
function writeProfileTierLevel(w: BitWriter, sps: Fields): void {
  const general = () => {
    w.bits(0, 2).bits(sps.tier, 1).bits(sps.profile, 5).bits(sps.compatibility, 32)
    w.bits(sps.constraints, 48)
  }
  general()
  w.bits(sps.level, 8)
  if (sps.subLayers.length === 0) return
  for (const { hasProfile, hasLevel } of sps.subLayers) w.flag(hasProfile).flag(hasLevel)
  w.bits(0, 2 * (8 - sps.subLayers.length))
  for (const { hasProfile, hasLevel } of sps.subLayers) {
    if (hasProfile) general()
    if (hasLevel) w.bits(30, 8)
  }
}

/** @see ITU-T H.265 §7.3.4 */
function writeScalingLists(w: BitWriter, isCopied: readonly boolean[]): void {
  for (let list = 0; list < 20; list++) {
    const size = Math.min(3, Math.floor(list / 6))
    w.flag(isCopied[list] !== true)
    if (isCopied[list] === true) {
      w.ue(0)
      continue
    }
    if (size > 1) w.se(-3)
    const length = size === 0 ? 16 : 64
    for (let i = 0; i < length; i++) w.se(((i * 5) % 9) - 4)
  }
}

/**
 * Written with the two lists of the specification, and not with one as it is read: S0 holds what was
 * before, nearest first, S1 what comes behind.
 * @see ITU-T H.265 §7.3.7 and equations 7-61 and 7-62
 */
function writeSets(w: BitWriter, sets: Fields['sets']): void {
  w.ue(sets.length)
  let [s0, s1]: [number[], number[]] = [[], []]
  sets.forEach((set, index) => {
    const isPredicted = 'delta' in set && index > 0
    if (index > 0) w.flag(isPredicted)
    if (!isPredicted) {
      const { negative, positive } = 'delta' in set ? { negative: [], positive: [] } : set
      w.ue(negative.length).ue(positive.length)
      for (const one of [...negative, ...positive]) w.ue(one.distance).flag(one.isUsed)
      const sum = (side: typeof negative) =>
        side.map((_, i) => side.slice(0, i + 1).reduce((all, one) => all + one.distance + 1, 0))
      s0 = sum(negative).map(distance => -distance)
      s1 = sum(positive)
      return
    }
    const deltaRps = set.isNegative ? -set.delta : set.delta
    const candidates = [...s0, ...s1, 0]
    const isKept = candidates.map((_, j) => set.choices[j] !== 'dropped')
    w.flag(set.isNegative).ue(set.delta - 1)
    candidates.forEach((_, j) => {
      w.flag(set.choices[j] === 'used')
      if (set.choices[j] !== 'used') w.flag(isKept[j] === true)
    })
    const moved = candidates.map(delta => delta + deltaRps)
    const own = moved.length - 1
    const kept = (order: number[], sign: number) =>
      order.filter(j => isKept[j] && (moved[j] ?? 0) * sign > 0).map(j => moved[j] ?? 0)
    const before = s0.map((_, i) => i)
    const behind = s1.map((_, i) => s0.length + i)
    const next0 = kept([...behind.toReversed(), own, ...before], -1)
    const next1 = kept([...before.toReversed(), own, ...behind], 1)
    ;[s0, s1] = [next0, next1]
  })
}

function writeVui(w: BitWriter, vui: NonNullable<Fields['vui']>): void {
  w.flag(vui.ratio !== undefined)
  if (vui.ratio !== undefined) w.bits(vui.ratio, 8)
  if (vui.ratio === 255) w.bits(64, 16).bits(45, 16)
  w.flag(true).flag(false) // overscan
  w.flag(vui.isFullRange !== undefined)
  if (vui.isFullRange !== undefined) w.bits(5, 3).flag(vui.isFullRange).flag(false)
  w.flag(true).ue(1).ue(1) // chroma location
  w.bits(0, 3)
  w.flag(vui.window !== undefined)
  if (vui.window !== undefined) w.ue(0).ue(vui.window).ue(0).ue(vui.window)
  w.flag(vui.timing !== undefined)
  if (vui.timing !== undefined) w.bits(vui.timing[0], 32).bits(vui.timing[1], 32).flag(false)
  w.bits(0, 2)
}

function write(sps: Fields): Uint8Array {
  const w = new BitWriter().bits(0, 4).bits(sps.subLayers.length, 3).flag(true)
  writeProfileTierLevel(w, sps)
  w.ue(sps.id).ue(sps.chromaFormat)
  if (sps.chromaFormat === 3) w.flag(false)
  w.ue(sps.width)
    .ue(sps.height)
    .flag(sps.window !== undefined)
  for (const edge of sps.window ?? []) w.ue(edge)
  w.ue(sps.depths[0]).ue(sps.depths[1]).ue(4).flag(sps.hasAllSubLayers)
  for (let left = sps.hasAllSubLayers ? sps.subLayers.length : 0; left > 0; left--)
    w.ue(1).ue(0).ue(0)
  w.ue(16).ue(sps.reorder).ue(0)
  w.ue(0).ue(3).ue(0).ue(3).ue(1).ue(1)
  w.flag(true).flag(sps.scaling !== undefined)
  if (sps.scaling !== undefined) writeScalingLists(w, sps.scaling)
  w.bits(3, 2).flag(sps.hasPcm)
  if (sps.hasPcm) w.bits(0x77, 8).ue(0).ue(2).flag(true)
  writeSets(w, sps.sets)
  w.flag(sps.longTerm !== undefined)
  if (sps.longTerm !== undefined) w.ue(sps.longTerm.length)
  for (const lsb of sps.longTerm ?? []) w.bits(lsb, 8).flag(true)
  w.bits(3, 2).flag(sps.vui !== undefined)
  if (sps.vui !== undefined) writeVui(w, sps.vui)
  return w.flag(false).nal(0x42, 0x01)
}

/** @see ITU-T H.265 §7.4.3.2.1, conf_win_left_offset */
function sizeOf(sps: Fields) {
  const [left, right, top, bottom] = sps.window ?? [0, 0, 0, 0]
  const [subWidth, subHeight] = (
    [
      [1, 1],
      [2, 2],
      [2, 1],
      [1, 1],
    ] as const
  )[sps.chromaFormat] ?? [0, 0]
  return {
    width: sps.width - subWidth * (left + right),
    height: sps.height - subHeight * (top + bottom),
  }
}

describe('any SPS of H.265', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fields, sps => {
        const read = parseHevcSps(write(sps))
        expect(read).toMatchObject({
          ...{ generalProfileIdc: sps.profile, generalTierFlag: sps.tier, id: sps.id },
          ...{ generalProfileCompatibilityFlags: sps.compatibility, ...sizeOf(sps) },
          ...{ generalConstraintIndicatorFlags: sps.constraints, generalLevelIdc: sps.level },
          ...{ maxSubLayers: sps.subLayers.length + 1, chromaFormat: sps.chromaFormat },
          ...{ bitDepthLuma: sps.depths[0] + 8, bitDepthChroma: sps.depths[1] + 8 },
          ...{ maxReorderPictures: sps.reorder, isTailDamaged: false },
        })
        const [units, scale] = sps.vui?.timing ?? []
        expect(read.vui.framesPerSecond).toBe(units && scale && scale / units)
        expect(read.vui.isFullRange).toBe(sps.vui?.isFullRange)
        expect(read.vui.sampleAspectRatio === undefined).toBe(sps.vui?.ratio === undefined)
      }),
      { numRuns: 500 },
    )
  })

  test('cut anywhere: refused, or its size is kept', () => {
    fc.assert(
      fc.property(fields, fc.nat(300), (sps, length) => {
        try {
          expect(parseHevcSps(write(sps).subarray(0, length))).toMatchObject(sizeOf(sps))
        } catch (error) {
          expect(isFmp4Error(error)).toBe(true)
        }
      }),
    )
  })

  test('other bytes are refused by our error alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
        try {
          parseHevcSps(bytes)
        } catch (error) {
          expect(isFmp4Error(error)).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
