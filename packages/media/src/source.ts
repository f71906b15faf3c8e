import type { MediaSample } from '@hksv/fmp4'

/** What is known of the video of a source, whatever its codec. */
export interface CommonVideoDescription {
  /** Sequence parameter sets: NAL units with header, at least one. */
  readonly sps: readonly Uint8Array[]
  /** Picture parameter sets: NAL units with header, at least one. */
  readonly pps: readonly Uint8Array[]
  /** Size as shown, in pixels. */
  readonly width: number
  readonly height: number
  /** Units a second of the video's times. */
  readonly timescale: number
  /** On the average. */
  readonly framesPerSecond?: number
  /** Longest time from one key frame to the next. */
  readonly maxKeyFrameIntervalMs?: number
}

/** H.264 video of a source. */
export interface H264Description extends CommonVideoDescription {
  readonly codec: 'h264'
  /** profile_idc: 66 baseline, 77 main, 100 high. */
  readonly profile: number
  /** level_idc: 31 is level 3.1. */
  readonly level: number
}

/** H.265 video of a source. */
export interface H265Description extends CommonVideoDescription {
  readonly codec: 'h265'
  /** Video parameter sets: NAL units with header, at least one. */
  readonly vps: readonly Uint8Array[]
  /** general_profile_idc: 1 main, 2 main 10. */
  readonly profile: number
  /** general_level_idc, 30 times the level: 93 is level 3.1. */
  readonly level: number
}

/** Video of a source, told apart by its codec. */
export type VideoDescription = H264Description | H265Description

/** AAC audio of a source. */
export interface AudioDescription {
  readonly codec: 'aac-lc' | 'aac-eld'
  /** Samples a second; also units a second of the audio's times. */
  readonly sampleRate: number
  readonly channels: number
  readonly audioSpecificConfig: Uint8Array
  /** Samples a frame. */
  readonly frameLength: number
  /** Nothing is ever heard in it: it is there for those who were promised sound. */
  readonly isSilence?: true
}

/** Sound that HomeKit does not record as it is: it is for the live view alone. */
export interface LiveAudioDescription {
  readonly codec: 'pcmu' | 'pcma' | 'opus'
  /** Units a second of its times: 48,000 for Opus, else samples a second. */
  readonly sampleRate: number
  readonly channels: number
}

/** A frame of sound that only the live view has a use for. */
export interface LiveAudioSample {
  readonly track: 'live-audio'
  /** In units of the description's sample rate, on the timeline of the video. */
  readonly decodeTime: number
  readonly isSync: true
  readonly data: Uint8Array
}

/** What comes out of a source, {@link MediaSource.allSamples}. */
export type SourceSample = MediaSample | LiveAudioSample

/** What a source delivers. */
export interface SourceDescription {
  readonly video: VideoDescription
  readonly audio?: AudioDescription
  /** Of a source whose sound cannot be recorded. */
  readonly liveAudio?: LiveAudioDescription
  /** For people. */
  readonly name: string
}

/** Size of a picture in pixels. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/**
 * What whoever reads would like best. A source delivers the nearest it has, without promise: what
 * comes is what `description` says.
 */
export interface WantedStream {
  readonly video: {
    readonly codec: 'h264' | 'h265'
    readonly width: number
    readonly height: number
    readonly framesPerSecond: number
    readonly bitRateKbps?: number
    readonly keyFrameIntervalMs?: number
  }
  /** Left out when nobody listens. */
  readonly audio?: {
    readonly codec: 'aac-lc' | 'aac-eld'
    readonly sampleRate: number
    readonly channels: number
    readonly isConstantBitRate: boolean
    readonly maxBitRateKbps?: number
  }
}

/** How a source has been since it was opened; what is counted never falls. */
export interface SourceHealth {
  /** Whether pictures come just now; also true of a source that nobody reads and that has not failed. */
  readonly isWell: boolean
  /** Connections after one that broke off. */
  readonly reconnects: number
  readonly packets: number
  /** Packets that never came. */
  readonly packetsLost: number
  /** Pictures left out, as they or one that they need was damaged, or nobody took them in time. */
  readonly picturesDropped: number
}

/** A source of encoded video and audio. Whoever opened it closes it: `await using`, or `Symbol.asyncDispose`. */
export interface MediaSource extends AsyncDisposable {
  readonly description: SourceDescription
  /** What the user should know, one sentence each. */
  readonly warnings: readonly string[]
  /** Codec of sound that the source has and that HomeKit does not record as it is. */
  readonly unusedSound?: string | undefined
  /**
   * Delivers samples at the pace of a live camera, both tracks in decoding order and interleaved, until
   * the signal aborts or the source is closed; then it ends without an error. Each call begins anew
   * at decode time 0. The data of a sample is a view: copy what is kept beyond the next one.
   *
   * When the parameters of the video or the audio change, the samples end without an error, and
   * `description` is another object from then on; the next call delivers what it describes.
   * @param wanted - What the reader would like best.
   * @throws MediaError MEDIA_READ, MEDIA_CLOSED (while iterating).
   */
  samples(signal: AbortSignal, wanted?: WantedStream): AsyncIterable<MediaSample>
  /**
   * The same, with the sound that can only be heard live in between; absent from a source that never
   * has any. One of the two is called for a reading.
   */
  allSamples?(signal: AbortSignal, wanted?: WantedStream): AsyncIterable<SourceSample>
  /**
   * Names the encoding that `samples` would deliver for what is wanted; absent for a source that has
   * only one.
   */
  encodingFor?(wanted: WantedStream | undefined): string
  /** What `samples` would deliver for what is wanted; absent when that is `description` always. */
  descriptionFor?(wanted: WantedStream | undefined): SourceDescription
  /** How it has been, for a source that can fail. */
  readonly health?: SourceHealth | undefined
  /**
   * Says what the main reader would like of all that comes. A source that encodes begins anew with it:
   * its samples end, and `description` is another object.
   */
  prefer?(wanted: WantedStream): void
  /** Forgets the pictures it keeps: the camera was switched off, and they are not to be shown later. */
  forgetPictures?(): void
  /**
   * Takes a picture of about now, about as large as wanted.
   * @returns A JPEG file that belongs to the caller.
   * @throws The reason of the signal when it aborts; RangeError for an impossible size.
   */
  snapshot(size: PictureSize, signal: AbortSignal): Promise<Uint8Array>
}
