import {
  type Fragment,
  type HevcTrack,
  initSegment,
  type MediaSample,
  ntpTimestamp,
  parseHevcConfiguration,
  renderFragment,
} from '@hksv/fmp4'

import { audio, join } from './stream.ts'
import { accepted } from './vectors.ts'

const [configuration] = accepted('hevc-configuration')
const { vps, sps, pps } = parseHevcConfiguration(configuration?.bytes ?? new Uint8Array())

/** 64x64 by x265, without B frames. */
export const hevcVideo: HevcTrack = {
  ...{ codec: 'hvc1', trackId: 1, timescale: 90_000, width: 64, height: 64, vps, sps, pps },
}

/** @returns A picture of one slice of this type. */
export function hevcPicture(decodeTime: number, type: number, isSync: boolean): MediaSample {
  const data = Uint8Array.of(0, 0, 0, 6, type << 1, 1, 0xaf, 0x55, 0x66, 0x80)
  return { track: 'video', decodeTime, isSync, data }
}

/** @returns Pictures of these types, 30 a second, over and over; the first type is that of key pictures. */
export function hevcStream(seconds: number, group: readonly number[]): MediaSample[] {
  return Array.from({ length: seconds * 30 }, (_, i) =>
    hevcPicture(i * 3000, group[i % group.length] ?? 1, i % group.length === 0),
  )
}

/** @returns The init segment and the fragments as a recording of H.265 sends them. */
export function renderHevc(fragments: readonly Fragment[]): {
  init: Uint8Array
  fragments: Uint8Array[]
} {
  const hasAudio = fragments.some(fragment => fragment.audio !== undefined)
  const origin = { videoTime: fragments[0]?.video.decodeTime ?? 0 }
  return {
    init: initSegment({ video: hevcVideo, ...(hasAudio && { audio }) }),
    fragments: fragments.map((fragment, i) =>
      join(
        renderFragment(fragment, {
          ...{ sequenceNumber: i + 1, origin, withAudio: hasAudio },
          producerReferenceTime: { ntpTimestamp: ntpTimestamp(1e12 + fragment.startMs) },
        }),
      ),
    ),
  }
}
