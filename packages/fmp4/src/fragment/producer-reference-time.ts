import { fragmentBoxes } from '../box/fragment-boxes.ts'
import { box, encodeBoxes } from '../box/write.ts'
import type { TrackRun } from './track-run.ts'

/** What a `prft` box tells: when the first picture of a fragment was on the clock of the wall. */
export interface ProducerReferenceTime {
  /** 64 bits, as {@link ntpTimestamp} makes them: when the picture went into the encoder. */
  readonly ntpTimestamp: bigint
}

/** Seconds from 1900 to 1970. */
const ntpEpoch = 2_208_988_800

/**
 * @param unixTimeMs - Milliseconds since 1970, as `Date.now()` tells them.
 * @returns An NTP timestamp: the seconds since 1900 in the upper 32 bits, their fraction in the lower
 * ones. Like NTP itself it begins anew in 2036.
 * @throws RangeError for what is no time after 1900.
 * @see RFC 5905 §6
 */
export function ntpTimestamp(unixTimeMs: number): bigint {
  const time = unixTimeMs / 1000 + ntpEpoch
  if (!(time >= 0 && time < 2 ** 53)) throw new RangeError(`${unixTimeMs} is no time after 1900`)
  const seconds = Math.floor(unixTimeMs / 1000)
  const fraction = Math.floor(((unixTimeMs - seconds * 1000) / 1000) * 2 ** 32)
  return (BigInt((seconds + ntpEpoch) % 2 ** 32) << 32n) | BigInt(fraction)
}

/**
 * Writes the `prft` box that stands in front of a `moof`:
 * `00000020 'prft' | 01 000000 | u32 reference_track_ID | u64 ntp_timestamp | u64 media_time`.
 * @param mediaTime - Decode time of the run's first picture as its `tfdt` tells it.
 * @throws RangeError when a number does not fit its field.
 * @see ISO/IEC 14496-12 §8.16.5
 */
export function prft(
  run: Pick<TrackRun, 'trackId'>,
  mediaTime: number,
  { ntpTimestamp }: ProducerReferenceTime,
): Uint8Array {
  if (ntpTimestamp !== BigInt.asUintN(64, ntpTimestamp))
    throw new RangeError(`${ntpTimestamp} is no NTP timestamp of 64 bits`)
  const [ntpSeconds, ntpFraction] = [ntpTimestamp >> 32n, ntpTimestamp & 0xffffffffn].map(Number)
  const values = { referenceTrackId: run.trackId, mediaTime }
  return encodeBoxes([
    box(fragmentBoxes.prft, {
      values: { ...values, ntpSeconds: ntpSeconds ?? 0, ntpFraction: ntpFraction ?? 0 },
    }),
  ])
}
