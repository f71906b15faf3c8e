import {
  audioObjectTypes,
  isFmp4Error,
  type MediaSample,
  MovieStream,
  type MovieStreamEvent,
  nalSyntaxes,
  rescale,
  type StreamedTrack,
  type VideoCodec,
  writeAudioSpecificConfig,
} from '@hksv/fmp4'

import { describeStreamVideo } from '../camera/stream-description.ts'
import { lengthPrefixedNalUnits, lengthPrefixedPicture } from '../picture/length-prefixed.ts'
import { ParameterSets } from '../rtp/parameter-sets.ts'
import type { AudioDescription, VideoDescription } from '../source.ts'
import type { EncodingPlan, PlannedSound } from './plan-encoding.ts'

type StreamedSample = Extract<MovieStreamEvent, { type: 'sample' }>

interface VideoTrack {
  readonly track: StreamedTrack
  readonly codec: VideoCodec
  readonly lengthSize: number
  readonly sets: ParameterSets
}

const FRAME_LENGTH = 1024

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
 * Takes apart what ffmpeg writes, a stream of fragmented MP4 for each track: bytes in, samples and what
 * they are out. Owns no process, timer or clock.
 *
 * Parameter sets are those of the `moov` until others come with the pictures; an encoder may have none
 * before its first picture. The first key frame is at 0; what comes before it is left out.
 */
export class MovieReceiver {
  readonly #framesPerSecond: number | undefined
  readonly #audio: AudioDescription | undefined
  readonly #videoStream = new MovieStream()
  readonly #audioStream = new MovieStream()
  #video: VideoTrack | undefined
  #audioTimescale = 1
  #isDescribed = false
  /** When the first key frame is decoded, in units of the video. */
  #origin: number | undefined

  constructor({ framesPerSecond, sound }: Pick<EncodingPlan, 'framesPerSecond' | 'sound'>) {
    this.#framesPerSecond = framesPerSecond
    // Not from the stream: its first frame comes when it likes.
    this.#audio = sound && describeSound(sound)
  }

  /**
   * Takes what came of the video; samples are views into it.
   * @throws Fmp4Error when it cannot be read.
   */
  receiveVideo(bytes: Uint8Array): MovieEvent[] {
    return this.#videoStream.receive(bytes).flatMap(event => {
      if (event.type === 'sample') return this.#picture(event)
      const [track] = event.tracks
      this.#video ??= track && videoOf(track)
      return []
    })
  }

  /** Likewise, of the audio. */
  receiveAudio(bytes: Uint8Array): MovieEvent[] {
    return this.#audioStream.receive(bytes).flatMap(event => {
      if (event.type === 'sample') return this.#sound(event)
      this.#audioTimescale = event.tracks[0]?.timescale ?? 1
      return []
    })
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
      return [{ type: 'described', video, audio: this.#audio }]
    } catch (error) {
      if (!isFmp4Error(error)) throw error
      this.#isDescribed = false
      return []
    }
  }

  #sound({ data, decodeTime }: StreamedSample): MovieEvent[] {
    if (this.#audio === undefined || this.#origin === undefined || data.length === 0) return []
    const { sampleRate } = this.#audio
    const origin = rescale(this.#origin, this.#video?.track.timescale ?? 1, sampleRate)
    const time = rescale(decodeTime, this.#audioTimescale, sampleRate) - origin
    if (time < 0) return []
    return [{ type: 'sample', sample: { track: 'audio', decodeTime: time, isSync: true, data } }]
  }
}

/** @returns Nothing for another codec. */
function videoOf(track: StreamedTrack): VideoTrack | undefined {
  const { avc, hevc } = track
  if (track.codec === 'avc1') {
    const sets = new ParameterSets('h264', [...(avc?.sps ?? []), ...(avc?.pps ?? [])])
    return { track, codec: 'h264', lengthSize: avc?.lengthSize ?? 4, sets }
  }
  if (track.codec !== 'hvc1' && track.codec !== 'hev1') return undefined
  const { vps = [], sps = [], pps = [], lengthSize = 4 } = hevc ?? {}
  const sets = new ParameterSets('h265', [...vps, ...sps, ...pps])
  return { track, codec: 'h265', lengthSize, sets }
}

function describeSound({ sampleRate, channels }: PlannedSound): AudioDescription {
  const common = { sampleRate, channels, frameLength: FRAME_LENGTH }
  const objectType = audioObjectTypes.aacLc
  const audioSpecificConfig = writeAudioSpecificConfig({ objectType, ...common })
  return { codec: 'aac-lc', ...common, audioSpecificConfig }
}
