import type { AvcConfiguration } from '../box/avcc.ts'
import type { HevcConfiguration } from '../box/hvcc.ts'

/** The samples of a track of a file, in decoding order; columns of one length. */
export interface SampleTable {
  readonly count: number
  /** Where the data is, in bytes from the start of the file. */
  readonly offsets: Float64Array
  /** Bytes of each sample. */
  readonly sizes: Uint32Array
  /** In units of the track's timescale. */
  readonly decodeTimes: Float64Array
  /** Absent when all are 0. */
  readonly compositionOffsets?: Int32Array
  /** 1 for what the file calls a sync sample. */
  readonly isSync: Uint8Array
  /** When the last sample ends. */
  readonly endTime: number
}

/** A track of a file. Samples are listed for H.264 (`avc1`), H.265 (`hvc1`, `hev1`) and AAC (`mp4a`) only. */
export interface MovieTrack {
  readonly trackId: number
  readonly kind: 'video' | 'audio' | 'other'
  /** Type of the sample entry: `avc1`, `mp4a`, `hvc1`, … */
  readonly codec: string
  /** Units a second. */
  readonly timescale: number
  /** Size as shown, in pixels; 0 for audio. */
  readonly width: number
  readonly height: number
  /** What an edit list adds to all times, in units of the timescale; often negative. */
  readonly presentationOffset: number
  /** Of an `avc1` track. */
  readonly avc?: AvcConfiguration
  /** Of an `hvc1` or `hev1` track. With `hev1` its parameter sets may be missing, and be in the samples. */
  readonly hevc?: HevcConfiguration
  /** Of an `mp4a` track. */
  readonly audioSpecificConfig?: Uint8Array
  readonly samples: SampleTable
}

/** What a file holds. */
export interface Movie {
  readonly tracks: readonly MovieTrack[]
  /** Whether samples came in movie fragments. */
  readonly isFragmented: boolean
}
