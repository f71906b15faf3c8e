import {
  audioObjectTypes,
  isFmp4Error,
  type MediaSample,
  MovieStream,
  nalSyntaxes,
  rescale,
  type StreamedTrack,
  type VideoCodec,
  writeAudioSpecificConfig,
} from '@hksv/fmp4'

import { describeStreamVideo } from '../camera/stream-description.ts'
import { describeAudio } from '../file/loop-plan.ts'
import { lengthPrefixedNalUnits, lengthPrefixedPicture } from '../picture/length-prefixed.ts'
import { ParameterSets } from '../rtp/parameter-sets.ts'
import type { AudioDescription, VideoDescription } from '../source.ts'
import { FirstSample, type StreamedSample } from './first-sample.ts'
import type { FoundAudio } from './probe-input.ts'

interface VideoTrack {
  readonly track: StreamedTrack
  readonly codec: VideoCodec
  readonly lengthSize: number
  readonly sets: ParameterSets
  readonly first: FirstSample
}

interface SoundTrack {
  readonly track: StreamedTrack
  readonly description: AudioDescription
  readonly first: FirstSample
}

const USUAL_FRAME_RATE = 30

/** What comes out of a {@link MovieReceiver}. */
export type MovieEvent =
  /** Before the first picture, and before the first that another description fits. */
  | {
      readonly type: 'described'
      readonly video: VideoDescription
      readonly audio: AudioDescription | undefined
    }
  /** Its data is a view: valid until the next call. */
  | { readonly type: 'sample'; readonly sample: MediaSample }

/**
 * Takes apart the fragmented MP4 that ffmpeg writes: bytes in, samples and what they are out. Owns no
 * process, timer or clock.
 *
 * Parameter sets are those of the `moov` until others come with the pictures; an encoder may have none
 * before its first picture. The first key frame is at 0; what comes before it is left out.
 */
export class MovieReceiver {
  readonly #stream = new MovieStream()
  readonly #framesPerSecond: number | undefined
  readonly #foundAudio: FoundAudio | undefined
  #video: VideoTrack | undefined
  #audio: SoundTrack | undefined
  #hasTracks = false
  #isDescribed = false
  /** When the first key frame is decoded, in units of the video. */
  #origin: number | undefined

  /** Both as the input claims. */
  constructor(framesPerSecond: number | undefined, audio: FoundAudio | undefined) {
    this.#framesPerSecond = framesPerSecond
    this.#foundAudio = audio
  }

  /**
   * Takes what came; samples are views into it.
   * @throws Fmp4Error when it cannot be read.
   */
  receive(bytes: Uint8Array): MovieEvent[] {
    return this.#stream.receive(bytes).flatMap(event => {
      if (event.type === 'tracks') this.#open(event.tracks)
      else if (event.trackId === this.#video?.track.trackId)
        return this.#video.first.receive(event).flatMap(sample => this.#picture(sample))
      else if (event.trackId === this.#audio?.track.trackId)
        return this.#audio.first.receive(event).flatMap(sample => this.#sound(sample))
      return []
    })
  }

  #open(tracks: readonly StreamedTrack[]): void {
    if (this.#hasTracks) return
    this.#hasTracks = true
    for (const track of tracks) {
      if (track.kind === 'video') this.#video ??= videoOf(track, this.#framesPerSecond)
      else if (track.kind === 'audio') this.#audio ??= audioOf(track, this.#foundAudio)
    }
  }

  #picture({ data, decodeTime: time, compositionOffset }: StreamedSample): MovieEvent[] {
    if (this.#video === undefined) return []
    const { codec, lengthSize, sets } = this.#video
    const syntax = nalSyntaxes[codec]
    for (const nal of lengthPrefixedNalUnits(data, lengthSize)) {
      if (syntax.isParameterSet(syntax.typeOf(nal))) sets.add(nal)
    }
    const picture = lengthPrefixedPicture(data, { codec, lengthSize })
    if (picture === undefined) return []
    const described = picture.isSync && sets.isChanged ? this.#describe(this.#video) : []
    if (!this.#isDescribed) return []
    const { isSync } = picture
    this.#origin ??= time
    const decodeTime = time - this.#origin
    const shown = compositionOffset !== 0 && { compositionTimeOffset: compositionOffset }
    const sample = { track: 'video' as const, decodeTime, isSync, data: picture.data, ...shown }
    return [...described, { type: 'sample', sample }]
  }

  #describe({ sets, track }: VideoTrack): MovieEvent[] {
    const parameters = sets.parameters()
    if (parameters === undefined) return []
    try {
      const video = describeStreamVideo(parameters, track.timescale, this.#framesPerSecond)
      this.#isDescribed = true
      return [{ type: 'described', video, audio: this.#audio?.description }]
    } catch (error) {
      if (!isFmp4Error(error)) throw error
      this.#isDescribed = false
      return []
    }
  }

  #sound({ data, decodeTime }: StreamedSample): MovieEvent[] {
    if (this.#audio === undefined || !this.#isDescribed || data.length === 0) return []
    const { track, description } = this.#audio
    const { sampleRate } = description
    const origin = rescale(this.#origin ?? 0, this.#video?.track.timescale ?? 1, sampleRate)
    const time = rescale(decodeTime, track.timescale, sampleRate) - origin
    if (time < 0) return []
    return [{ type: 'sample', sample: { track: 'audio', decodeTime: time, isSync: true, data } }]
  }
}

/** @returns Nothing for another codec. */
function videoOf(track: StreamedTrack, framesPerSecond = USUAL_FRAME_RATE): VideoTrack | undefined {
  const first = new FirstSample(track.timescale / framesPerSecond)
  const { avc, hevc } = track
  if (track.codec === 'avc1') {
    const sets = new ParameterSets('h264', [...(avc?.sps ?? []), ...(avc?.pps ?? [])])
    return { track, codec: 'h264', lengthSize: avc?.lengthSize ?? 4, sets, first }
  }
  if (track.codec !== 'hvc1' && track.codec !== 'hev1') return undefined
  const { vps = [], sps = [], pps = [], lengthSize = 4 } = hevc ?? {}
  const sets = new ParameterSets('h265', [...vps, ...sps, ...pps])
  return { track, codec: 'h265', lengthSize, sets, first }
}

/** @returns Nothing for another codec. A stream of ADTS says what it is with its first frame only. */
function audioOf(track: StreamedTrack, found: FoundAudio | undefined): SoundTrack | undefined {
  if (track.codec !== 'mp4a') return undefined
  const { aacLc: objectType } = audioObjectTypes
  const known = found?.codec === 'aac' ? found : undefined
  const {
    audioSpecificConfig = known &&
      writeAudioSpecificConfig({ ...known, objectType, frameLength: 1024 }),
  } = track
  const description = audioSpecificConfig && describeAudio({ audioSpecificConfig })
  const first = new FirstSample(
    (description?.frameLength ?? 0) * (track.timescale / (description?.sampleRate ?? 1)),
  )
  return description && { track, description, first }
}
