import { fragmentBoxes } from '../box/fragment-boxes.ts'
import { box, bytesTail, encodeBoxes } from '../box/write.ts'
import { ascii } from '../bytes.ts'
import type { TrackRun } from './track-run.ts'

/** Media segments of DASH, with an index. @see ISO/IEC 23009-1 §6.3.4.2 */
const brands = { major: 'msdh', compatible: 'msdhmsix' }
/** starts_with_SAP, and SAP_type 1: nothing in front of the key frame is shown. */
const beginsWithKeyFrame = 0x90000000
const maxSize = 0x7fffffff

/**
 * Writes what makes a fragment a segment that players of DASH and HLS can be given: `styp`, and a `sidx`
 * that says when it begins, how long it lasts and how many bytes follow.
 * @param decodeTime - Of the run's first picture, as its `tfdt` tells it.
 * @param byteLength - All that follows: `prft`, `moof` and `mdat`.
 * @throws RangeError when a number does not fit its field.
 * @see ISO/IEC 14496-12 §8.16.2, §8.16.3
 */
export function segmentHead(run: TrackRun, decodeTime: number, byteLength: number): Uint8Array {
  if (byteLength > maxSize) throw new RangeError(`${byteLength} bytes do not fit a segment`)
  const { trackId, timescale, durations, compositionOffsets } = run
  let earliest = Number.POSITIVE_INFINITY
  let time = decodeTime
  durations.forEach((duration, i) => {
    earliest = Math.min(earliest, time + (compositionOffsets?.[i] ?? 0))
    time += duration
  })
  return encodeBoxes([
    box(fragmentBoxes.styp, {
      values: { majorBrand: brands.major },
      tail: bytesTail(ascii(brands.compatible)),
    }),
    box(fragmentBoxes.sidx, {
      values: {
        ...{ referenceId: trackId, timescale, earliestPresentationTime: Math.max(0, earliest) },
        ...{ referencedSize: byteLength, subsegmentDuration: time - decodeTime },
        accessPoint: beginsWithKeyFrame,
      },
    }),
  ])
}
