import type { MediaSample } from '@hksv/fmp4'

import type { VideoParameters } from './parameter-sets.ts'

/** What a decoder has to know before the frames. */
export interface AacParameters {
  readonly codec: 'aac'
  /** 2 for AAC-LC, 39 for AAC-ELD. */
  readonly objectType: number
  /** Samples a second; also units a second of the times. */
  readonly sampleRate: number
  readonly channels: number
  /** Samples a frame. */
  readonly frameLength: number
  readonly audioSpecificConfig: Uint8Array
}

/** Audio whose frames say themselves how long they are. */
export interface PlainAudioParameters {
  readonly codec: 'pcmu' | 'pcma' | 'opus'
  /** Samples a second; also units a second of the times. */
  readonly sampleRate: number
  readonly channels: number
}

/** Parameters of an audio track. */
export type AudioParameters = AacParameters | PlainAudioParameters

/** What a receiver of RTP has to say, in the order in which it happened. */
export type RtpEvent =
  | {
      readonly type: 'sample'
      /** Its data stays as it is, and keeps up to 256 KiB of others around it. */
      readonly sample: MediaSample
    }
  | {
      /** Before the first sample, and before the first one with other parameters: a key frame. */
      readonly type: 'parameters'
      readonly parameters: VideoParameters | AudioParameters
    }
  | {
      /** So many packets are missing. */
      readonly type: 'loss'
      readonly packets: number
    }
  | {
      /**
       * From here to the next key frame there are no pictures: packets were lost, a picture was damaged
       * or too large, or parameter sets changed in front of a picture that is no key frame, or are
       * missing at one. Not told of the beginning, which waits too.
       */
      readonly type: 'waiting'
      readonly why: 'loss' | 'damage' | 'parameters'
    }
  | {
      /**
       * The sender began anew (another SSRC, or a jump of the sequence number) or set its clock. The
       * times go on. A recording should begin a fragment at the next key frame.
       */
      readonly type: 'restart'
      readonly why: 'ssrc' | 'sequence' | 'timestamp'
    }
  | {
      /** The sender says that it ends. */
      readonly type: 'bye'
    }
