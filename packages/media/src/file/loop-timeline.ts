import { rescale } from '@hksv/fmp4'

/** Decode times of one track within one pass of the loop. */
export interface LoopTrack {
  /** Units a second. */
  readonly timescale: number
  /** Ascending, from 0 on, below the length of the loop. */
  readonly times: Float64Array
}

/** The next sample of a loop. */
export interface LoopPosition {
  readonly track: 'video' | 'audio'
  /** Index into the `times` of the track. */
  readonly index: number
  /** On a timeline that goes on from pass to pass, in units of the track. */
  readonly decodeTime: number
  /** The same in milliseconds. */
  readonly dueMs: number
}

/**
 * Two tracks that are played again and again, in order of decode time. A pass begins where the video
 * of the one before ends. Its start is computed from the number of the pass, not summed, and both
 * tracks from the same start: they cannot drift apart.
 */
export class LoopTimeline {
  readonly #video: LoopTrack
  readonly #audio: LoopTrack | undefined
  readonly #length: number
  #pass = 0
  #videoIndex = 0
  #audioIndex = 0

  /** @param length - Duration of a pass in units of the video. */
  constructor(video: LoopTrack, audio: LoopTrack | undefined, length: number) {
    this.#video = video
    this.#audio = audio
    this.#length = length
  }

  /** @returns The next sample; there is always one. */
  next(): LoopPosition {
    const video = this.#position('video', this.#video, this.#videoIndex)
    const audio = this.#audio && this.#position('audio', this.#audio, this.#audioIndex)
    if (video !== undefined && (audio === undefined || video.dueMs <= audio.dueMs)) {
      this.#videoIndex++
      return video
    }
    if (audio !== undefined) {
      this.#audioIndex++
      return audio
    }
    this.#pass++
    this.#videoIndex = 0
    this.#audioIndex = 0
    return this.next()
  }

  #position(name: 'video' | 'audio', track: LoopTrack, index: number): LoopPosition | undefined {
    const time = track.times[index]
    if (time === undefined) return undefined
    const start = rescale(this.#pass * this.#length, this.#video.timescale, track.timescale)
    const decodeTime = start + time
    return { track: name, index, decodeTime, dueMs: (decodeTime / track.timescale) * 1000 }
  }
}
