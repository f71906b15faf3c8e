import {
  type HevcConfiguration,
  type HevcParameterSets,
  hevcNalType,
  hevcNalTypes,
  hevcParameterSetId,
  isFmp4Error,
  type MovieTrack,
  parseHevcSps,
  parseSps,
  type Vui,
  writeAvcConfiguration,
  writeHevcConfiguration,
} from '@hksv/fmp4'

import { MediaError } from '../errors.ts'
import type { PictureFormat } from '../picture/length-prefixed.ts'
import type { VideoDescription } from '../source.ts'
import type { PlannedVideo } from './loop-plan.ts'

/** What is known of the video of a file. */
export interface VideoFacts {
  readonly plan: PlannedVideo
  /** Longest time from one key frame to the next. */
  readonly intervalMs: number
  /** Parameter sets in the samples, each once. */
  readonly parameterSets: readonly Uint8Array[]
  /** What the user named. */
  readonly source: string
}

/** Sample entries that people know by another name. */
const names: Readonly<Record<string, string>> = {
  avc1: 'H.264',
  hvc1: 'H.265',
  hev1: 'H.265',
  av01: 'AV1',
  vp09: 'VP9',
  mp4v: 'MPEG-4',
  jpeg: 'Motion JPEG',
}

/**
 * Finds the first track of H.264 or H.265.
 * @throws MediaError MEDIA_NO_VIDEO, MEDIA_UNUSABLE_VIDEO.
 */
export function videoTrack(
  tracks: readonly MovieTrack[],
  source: string,
): { track: MovieTrack; format: PictureFormat } {
  const videos = tracks.filter(track => track.kind === 'video')
  for (const track of videos) {
    const format = formatOf(track)
    if (format === undefined) continue
    if (track.samples.count === 0)
      throw new MediaError('MEDIA_UNUSABLE_VIDEO', { source, detail: 'it has no pictures' })
    return { track, format }
  }
  if (videos.some(({ codec }) => ['avc1', 'hvc1', 'hev1'].includes(codec)))
    throw new MediaError('MEDIA_UNUSABLE_VIDEO', { source, detail: 'its avcC or hvcC is damaged' })
  const codecs = videos.map(track => names[track.codec] ?? track.codec)
  const detail = codecs.length === 0 ? 'it has no video' : `its video is ${codecs.join(', ')}`
  throw new MediaError('MEDIA_NO_VIDEO', { source, detail })
}

function formatOf({ avc, hevc }: MovieTrack): PictureFormat | undefined {
  if (avc !== undefined) return { codec: 'h264', lengthSize: avc.lengthSize }
  return hevc && { codec: 'h265', lengthSize: hevc.lengthSize }
}

/**
 * Describes the video of a file.
 * @throws MediaError MEDIA_UNUSABLE_VIDEO without parameter sets that can be used.
 */
export function describeVideo(track: MovieTrack, facts: VideoFacts): VideoDescription {
  const { plan, intervalMs, source } = facts
  const common = {
    timescale: track.timescale,
    framesPerSecond: (plan.times.length * plan.timescale) / plan.length,
    maxKeyFrameIntervalMs: intervalMs,
  }
  try {
    if (track.hevc !== undefined) {
      const sets = hevcParameterSets(track.hevc, facts)
      writeHevcConfiguration(sets)
      const sps = parseHevcSps(sets.sps[0] ?? new Uint8Array())
      const { generalProfileIdc: profile, generalLevelIdc: level } = sps
      return { codec: 'h265', ...sets, profile, level, ...shownSize(sps), ...common }
    }
    const { sps: all = [], pps = [] } = track.avc ?? {}
    writeAvcConfiguration(all, pps)
    const sps = parseSps(all[0] ?? new Uint8Array())
    const { profile, level } = sps
    return { codec: 'h264', sps: all, pps, profile, level, ...shownSize(sps), ...common }
  } catch (cause) {
    if (!isFmp4Error(cause)) throw cause
    throw new MediaError('MEDIA_UNUSABLE_VIDEO', { source, cause, detail: cause.message })
  }
}

function shownSize(sps: { readonly width: number; readonly height: number; readonly vui: Vui }) {
  const pixel = sps.vui.sampleAspectRatio ?? { width: 1, height: 1 }
  return { width: Math.round((sps.width * pixel.width) / pixel.height), height: sps.height }
}

/**
 * The parameter sets that stand in the samples take the place of those in `hvcC`. They are dropped from
 * the samples, so that none may change on the way.
 */
function hevcParameterSets(
  hevc: HevcConfiguration,
  { parameterSets, source }: VideoFacts,
): HevcParameterSets {
  const keyOf = (nal: Uint8Array) => `${hevcNalType(nal)}/${hevcParameterSetId(nal)}`
  const inSamples = new Map(parameterSets.map(nal => [keyOf(nal), nal]))
  // Each is there once: two of one key differ.
  if (inSamples.size < parameterSets.length)
    throw new MediaError('MEDIA_UNUSABLE_VIDEO', { source, detail: 'its parameter sets change' })
  const listed = [...hevc.vps, ...hevc.sps, ...hevc.pps].map(nal => [keyOf(nal), nal] as const)
  const all = [...new Map([...listed, ...inSamples]).values()]
  const ofType = (type: number) => all.filter(nal => hevcNalType(nal) === type)
  const { vps, sps, pps } = hevcNalTypes
  return { vps: ofType(vps), sps: ofType(sps), pps: ofType(pps) }
}
