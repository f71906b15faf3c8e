import {
  audioObjectTypes,
  isFmp4Error,
  type MovieTrack,
  parseAudioSpecificConfig,
  writeAudioSpecificConfig,
} from '@hksv/fmp4'

import type { AudioDescription } from '../source.ts'
import type { LoopTrack } from './loop-timeline.ts'

/** A track of a file, cut and shifted to be looped. */
export interface PlannedTrack extends LoopTrack {
  /** Index in the file of the first sample of the loop. */
  readonly firstIndex: number
}

/** The video of a loop. */
export interface PlannedVideo extends PlannedTrack {
  /** Duration of a pass, in units of the track. */
  readonly length: number
  /** What is taken off every composition offset, so that key frames are shown when decoded. */
  readonly compositionShift: number
  /** When the first picture is shown, on the timeline of the file. */
  readonly startSeconds: number
}

/**
 * Plans the video from its first key frame on.
 * @param firstKeyFrame - Index of an IDR picture.
 */
export function planVideo(track: MovieTrack, firstKeyFrame: number): PlannedVideo {
  const { samples, timescale } = track
  const start = samples.decodeTimes[firstKeyFrame] ?? 0
  const times = samples.decodeTimes.slice(firstKeyFrame).map(time => time - start)
  const last = times.at(-1) ?? 0
  const compositionShift = samples.compositionOffsets?.[firstKeyFrame] ?? 0
  // A fragmented file may not say how long its last picture lasts.
  const lastDuration = samples.endTime - start - last
  const fallback = last - (times.at(-2) ?? last) || Math.ceil(timescale / 30)
  return {
    ...{ timescale, times, compositionShift, firstIndex: firstKeyFrame },
    length: last + (lastDuration > 0 ? lastDuration : fallback),
    startSeconds: (start + compositionShift + track.presentationOffset) / timescale,
  }
}

/**
 * Plans the frames of an AAC track that begin within a pass of the video. A frame that would reach
 * more than half of its length into the next pass is left out.
 */
export function planAudio(
  track: MovieTrack,
  audio: AudioDescription,
  video: PlannedVideo,
): PlannedTrack {
  const { sampleRate: timescale, frameLength } = audio
  const shift = track.presentationOffset / track.timescale - video.startSeconds
  const all = track.samples.decodeTimes.map(time =>
    Math.round((time / track.timescale + shift) * timescale),
  )
  const end = (video.length / video.timescale) * timescale - frameLength / 2
  const firstIndex = all.findIndex(time => time >= 0)
  if (firstIndex < 0) return { timescale, times: new Float64Array(), firstIndex: 0 }
  const times = all.slice(firstIndex)
  const stop = times.findIndex(time => time > end)
  return { timescale, firstIndex, times: stop < 0 ? times : times.slice(0, stop) }
}

/** @returns The audio of a track; undefined when it is no AAC that HomeKit knows. */
export function describeAudio(track: MovieTrack): AudioDescription | undefined {
  const { audioSpecificConfig } = track
  if (audioSpecificConfig === undefined) return undefined
  try {
    const config = parseAudioSpecificConfig(audioSpecificConfig)
    const { objectType, sampleRate, channels, frameLength } = config
    const common = { sampleRate, channels, frameLength }
    if (objectType === audioObjectTypes.aacEld)
      return { codec: 'aac-eld', ...common, audioSpecificConfig }
    if (objectType !== audioObjectTypes.aacLc) return undefined
    // Written anew in the two bytes that cameras send: ffmpeg adds "no SBR" in three more.
    return { codec: 'aac-lc', ...common, audioSpecificConfig: writeAudioSpecificConfig(config) }
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    return undefined
  }
}
