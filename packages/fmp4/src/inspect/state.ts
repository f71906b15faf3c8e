import type { SampleDefaults } from '../movie/read-fragment.ts'
import type { VideoCodec } from '../nal-syntax.ts'

/** A track as the init segment announced it. */
export interface InspectedTrack {
  readonly trackId: number
  readonly kind: 'video' | 'audio' | 'other'
  /** Units a second. */
  readonly timescale: number
  readonly defaults: SampleDefaults
  /** Of video samples that can be looked into. */
  readonly codec: VideoCodec | undefined
  /** Bytes of the length in front of each NAL unit. */
  readonly lengthSize: number
  /** Whether the SPS says that pictures are shown in decoding order. */
  readonly isInOrder: boolean
  /** Samples an AAC frame; 1024 when unknown. */
  readonly frameLength: number
  readonly channels: number
}

/** What the inspector has to know before the next fragment. */
export interface InspectorState {
  readonly tracks: readonly InspectedTrack[]
  /** Of the fragment before; undefined before the first. */
  readonly sequenceNumber?: number
  /** By track id, where the fragment before ended; a track whose end is not known is missing. */
  readonly endTimes: ReadonlyMap<number, number>
}
