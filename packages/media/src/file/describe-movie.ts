import { basename, extname } from 'node:path'

import type { MovieTrack } from '@hksv/fmp4'

import { MediaError } from '../errors.ts'
import type { PictureFormat } from '../picture/length-prefixed.ts'
import type { SourceDescription } from '../source.ts'
import { describeVideo, videoTrack } from './describe-video.ts'
import { findKeyFrames, type KeyFrames } from './key-frames.ts'
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
  /** Codec of audio that is left out. */
  readonly unusedSound: string | undefined
  readonly video: PlannedVideo & {
    readonly track: MovieTrack
    readonly format: PictureFormat
    /** Indices in the file of the pictures that a recording can begin with. */
    readonly keyFrames: ReadonlySet<number>
  }
  readonly audio?: PlannedTrack & { readonly track: MovieTrack }
}

const maxKeyFrameIntervalMs = 10_000

/**
 * Decides whether a file can be a source, and plans its loop.
 * @throws MediaError MEDIA_DAMAGED, MEDIA_NO_VIDEO, MEDIA_UNUSABLE_VIDEO, MEDIA_KEY_FRAME_DISTANCE, MEDIA_READ.
 */
export async function describeMovie(file: MovieFile, source: string): Promise<LoopableMovie> {
  const { tracks } = file.movie
  const { track, format } = videoTrack(tracks, source)
  const keyFrames = await findKeyFrames(file.handle, track.samples, format)
  const { indices, parameterSets } = keyFrames
  const plan = planVideo(track, indices[0] ?? 0)
  if (plan.times.some((time, i) => time < (plan.times[i - 1] ?? 0)))
    throw new MediaError('MEDIA_DAMAGED', { source, detail: 'its times go back' })
  const intervalMs = checkedInterval(keyFrames, plan, source)
  const warnings: string[] = []
  const audio = audioTrack(tracks, warnings)
  return {
    description: {
      video: describeVideo(track, { plan, intervalMs, parameterSets, source }),
      ...(audio && { audio: audio.description }),
      name: basename(source, extname(source)),
    },
    warnings,
    unusedSound:
      audio === undefined ? tracks.find(({ kind }) => kind === 'audio')?.codec : undefined,
    video: { ...plan, track, format, keyFrames: new Set(indices) },
    ...(audio && {
      audio: { ...planAudio(audio.track, audio.description, plan), track: audio.track },
    }),
  }
}

/**
 * @returns The longest time from a key frame to the next, with that from the last one to the loop's end.
 * @throws MediaError MEDIA_KEY_FRAME_DISTANCE
 */
function checkedInterval(
  { indices, openCount }: KeyFrames,
  plan: PlannedVideo,
  source: string,
): number {
  const times = indices.map(index => plan.times[index - plan.firstIndex] ?? 0)
  const intervals = times.map((time, i) => (times[i + 1] ?? plan.length) - time)
  const intervalMs = (intervals.reduce((a, b) => Math.max(a, b), 0) / plan.timescale) * 1000
  if (indices.length > 0 && intervalMs <= maxKeyFrameIntervalMs) return intervalMs
  const found = indices.length === 0 ? 'it has none' : `${(intervalMs / 1000).toFixed(1)} s`
  const others = `${found} but ${openCount} open groups of pictures`
  throw new MediaError('MEDIA_KEY_FRAME_DISTANCE', {
    source,
    detail: openCount === 0 ? found : others,
  })
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
