import type { BitReader } from '../bitstream/bit-reader.ts'

/** The general part of profile_tier_level, twelve bytes in an SPS as well as in `hvcC`. */
export interface ProfileTierLevel {
  readonly generalProfileSpace: number
  /** 0 main tier, 1 high tier. */
  readonly generalTierFlag: number
  /** 1 Main, 2 Main 10, 3 Main Still Picture, 4 range extensions. */
  readonly generalProfileIdc: number
  /** 32 bits, the first for profile 0. */
  readonly generalProfileCompatibilityFlags: number
  /** 48 bits. */
  readonly generalConstraintIndicatorFlags: number
  /** 30 times the level: 93 is level 3.1. */
  readonly generalLevelIdc: number
}

/**
 * Reads the general part.
 * @throws Fmp4Error FMP4_BITSTREAM when it ends too early.
 * @see ITU-T H.265 §7.3.3
 */
export function readProfileTierLevel(reader: BitReader): ProfileTierLevel {
  return {
    generalProfileSpace: reader.bits(2),
    generalTierFlag: reader.bits(1),
    generalProfileIdc: reader.bits(5),
    generalProfileCompatibilityFlags: reader.bits(32),
    generalConstraintIndicatorFlags: reader.bits(16) * 2 ** 32 + reader.bits(32),
    generalLevelIdc: reader.bits(8),
  }
}

/** Skips the profiles and levels of the sub-layers, which follow the general part. */
export function skipSubLayers(reader: BitReader, maxSubLayersMinus1: number): void {
  if (maxSubLayersMinus1 === 0) return
  const present = Array.from({ length: 8 }, () => reader.bits(2))
  for (const flags of present.slice(0, maxSubLayersMinus1)) {
    if (flags & 2) skip(reader, 88) // profile
    if (flags & 1) skip(reader, 8) // level
  }
}

function skip(reader: BitReader, bits: number): void {
  for (let left = bits; left > 0; left -= 8) reader.bits(8)
}
