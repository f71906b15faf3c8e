import type { AudioParameters, VideoParameters } from '@hksv/media/rtp'

/** What a live view delivers. Both tracks count from one zero. */
export type LiveSample = LivePicture | LiveSound

/** One picture. */
export interface LivePicture {
  readonly track: 'video'
  /** In units of 1/90000 s. */
  readonly decodeTime: number
  /** Whether it is an IDR picture. */
  readonly isSync: boolean
  /** NAL units, each behind its length in 4 bytes, without parameter sets. Belongs to the receiver. */
  readonly data: Uint8Array
  /** What its decoder needs: another object when it changes, which it does at an IDR picture only. */
  readonly parameters: VideoParameters
}

/** One packet of sound: Opus, or a frame of AAC-ELD. */
export interface LiveSound {
  readonly track: 'audio'
  /** In units of `parameters.sampleRate`. */
  readonly decodeTime: number
  /** Belongs to the receiver. */
  readonly data: Uint8Array
  readonly parameters: AudioParameters
}
