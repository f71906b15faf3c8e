import type { BitReader } from '../bitstream/bit-reader.ts'
import { Fmp4Error } from '../errors.ts'

/** Picture order counts of the pictures of a set, relative to the current one: -1, -2, … then 1, 2, … */
type Deltas = readonly number[]

/**
 * Skips the short-term and long-term reference picture sets of an SPS. They cannot be skipped without
 * reading them: a set may be coded as the difference to the one before, and is then as long as that.
 * @throws Fmp4Error FMP4_BITSTREAM when they end too early, or there are more than allowed.
 * @see ITU-T H.265 §7.3.2.2.1 and §7.3.7
 */
export function skipReferencePictureSets(reader: BitReader, log2MaxPicOrderCntLsb: number): void {
  const sets = count(reader, 64)
  let previous: Deltas | undefined
  for (let i = 0; i < sets; i++) {
    const isPredicted = previous !== undefined && reader.flag()
    previous = isPredicted ? predictedSet(reader, previous ?? []) : explicitSet(reader)
  }
  if (!reader.flag()) return // long_term_ref_pics_present_flag
  for (let left = count(reader, 32); left > 0; left--) reader.bits(log2MaxPicOrderCntLsb + 1)
}

function explicitSet(reader: BitReader): Deltas {
  const negative = count(reader, 16)
  const positive = count(reader, 16)
  const side = (length: number, sign: 1 | -1) => {
    let delta = 0
    return Array.from({ length }, () => {
      delta += sign * (reader.ue() + 1)
      reader.flag() // used_by_curr_pic_flag
      return delta
    })
  }
  return [...side(negative, -1), ...side(positive, 1)]
}

/** @see ITU-T H.265 §7.4.8, equations 7-61 and 7-62 */
function predictedSet(reader: BitReader, reference: Deltas): Deltas {
  const isNegative = reader.flag()
  const deltaRps = (reader.ue() + 1) * (isNegative ? -1 : 1)
  const deltas: number[] = []
  // Behind the pictures of the reference set comes the picture that it belongs to.
  for (const delta of [...reference, 0]) {
    const isUsed = reader.flag() || reader.flag() // used_by_curr_pic_flag, use_delta_flag
    if (isUsed && delta + deltaRps !== 0) deltas.push(delta + deltaRps)
  }
  const negative = deltas.filter(delta => delta < 0).toSorted((a, b) => b - a)
  return [...negative, ...deltas.filter(delta => delta > 0).toSorted((a, b) => a - b)]
}

function count(reader: BitReader, limit: number): number {
  const value = reader.ue()
  if (value > limit)
    throw new Fmp4Error('FMP4_BITSTREAM', { detail: `${value} reference pictures or sets` })
  return value
}
