import { basename, extname } from 'node:path'

import {
  type AvcConfiguration,
  isFmp4Error,
  type MovieTrack,
  parseSps,
  writeAvcConfiguration,
} from '@hksv/fmp4'

import { MediaError } from '../errors.ts'
import type { SourceDescription, VideoDescription } from '../source.ts'
import { findKeyFrames } from './key-frames.ts'
import {
  describeAudio,
  type PlannedTrack,
  type PlannedVideo,
  planAudio,
  planVideo,
} from './loop-plan.ts'
import type { MovieFile } from './movie-file.ts'

/** A file that can be a source: its tracks, cut to be looped. */
export interface LoopableMovie {
  readonly description: SourceDescription
  readonly warnings: readonly string[]
  readonly video: PlannedVideo & { readonly track: MovieTrack; readonly lengthSize: number }
  readonly audio?: PlannedTrack & { readonly track: MovieTrack }
}

const maxKeyFrameIntervalMs = 10_000

/**
 * Decides whether a file can be a source, and plans its loop.
 * @throws MediaError MEDIA_DAMAGED, MEDIA_NO_H264, MEDIA_UNUSABLE_VIDEO, MEDIA_KEY_FRAME_DISTANCE, MEDIA_READ.
 */
export async function describeMovie(file: MovieFile, source: string): Promise<LoopableMovie> {
  const { tracks } = file.movie
  const { track, avc } = videoTrack(tracks, source)
  const keyFrames = await findKeyFrames(file.handle, track.samples, avc.lengthSize)
  const [firstKeyFrame] = keyFrames
  if (firstKeyFrame === undefined)
    throw new MediaError('MEDIA_KEY_FRAME_DISTANCE', { source, detail: 'it has none' })
  const video = planVideo(track, firstKeyFrame)
  if (video.times.some((time, i) => time < (video.times[i - 1] ?? 0)))
    throw new MediaError('MEDIA_DAMAGED', { source, detail: 'its times go back' })
  const intervalMs = longestInterval(keyFrames, video)
  if (intervalMs > maxKeyFrameIntervalMs)
    throw new MediaError('MEDIA_KEY_FRAME_DISTANCE', {
      source,
      detail: `${(intervalMs / 1000).toFixed(1)} s`,
    })
  const warnings: string[] = []
  const audio = audioTrack(tracks, warnings)
  return {
    description: {
      video: describeVideo(track, { avc, video, intervalMs, source }),
      ...(audio && { audio: audio.description }),
      name: basename(source, extname(source)),
    },
    warnings,
    video: { ...video, track, lengthSize: avc.lengthSize },
    ...(audio && {
      audio: { ...planAudio(audio.track, audio.description, video), track: audio.track },
    }),
  }
}

function videoTrack(tracks: readonly MovieTrack[], source: string) {
  const videos = tracks.filter(track => track.kind === 'video')
  for (const track of videos) {
    if (track.avc === undefined) continue
    if (track.samples.count === 0)
      throw new MediaError('MEDIA_UNUSABLE_VIDEO', { source, detail: 'it has no pictures' })
    return { track, avc: track.avc }
  }
  const codecs = videos.map(track => names[track.codec] ?? track.codec)
  const detail = codecs.length === 0 ? 'it has no video' : `its video is ${codecs.join(', ')}`
  throw new MediaError('MEDIA_NO_H264', { source, detail })
}

/** Sample entries that people know by another name. */
const names: Readonly<Record<string, string>> = {
  hvc1: 'H.265',
  hev1: 'H.265',
  av01: 'AV1',
  vp09: 'VP9',
  mp4v: 'MPEG-4',
  jpeg: 'Motion JPEG',
}

function describeVideo(
  track: MovieTrack,
  about: { avc: AvcConfiguration; video: PlannedVideo; intervalMs: number; source: string },
): VideoDescription {
  const { avc, video, intervalMs, source } = about
  try {
    writeAvcConfiguration(avc.sps, avc.pps)
    const sps = parseSps(avc.sps[0] ?? new Uint8Array())
    const pixel = sps.vui.sampleAspectRatio ?? { width: 1, height: 1 }
    return {
      codec: 'h264',
      ...{ sps: avc.sps, pps: avc.pps, profile: sps.profile, level: sps.level },
      width: Math.round((sps.width * pixel.width) / pixel.height),
      height: sps.height,
      timescale: track.timescale,
      framesPerSecond: (video.times.length * video.timescale) / video.length,
      maxKeyFrameIntervalMs: intervalMs,
    }
  } catch (cause) {
    if (!isFmp4Error(cause)) throw cause
    throw new MediaError('MEDIA_UNUSABLE_VIDEO', { source, cause, detail: cause.message })
  }
}

/** @returns The longest time from a key frame to the next, with that from the last one to the loop's end. */
function longestInterval(keyFrames: readonly number[], video: PlannedVideo): number {
  const times = keyFrames.map(index => video.times[index - video.firstIndex] ?? 0)
  const intervals = times.map((time, i) => (times[i + 1] ?? video.length) - time)
  return (intervals.reduce((a, b) => Math.max(a, b), 0) / video.timescale) * 1000
}

function audioTrack(tracks: readonly MovieTrack[], warnings: string[]) {
  const audios = tracks.filter(track => track.kind === 'audio')
  for (const track of audios) {
    const description = describeAudio(track)
    if (description !== undefined && track.samples.count > 0) return { track, description }
  }
  const [other] = audios
  if (other !== undefined)
    warnings.push(
      `the audio (${other.codec}) is not AAC that HomeKit knows and is left out; convert it with: ffmpeg -i IN -c:v copy -c:a aac OUT.mp4`,
    )
  return undefined
}
