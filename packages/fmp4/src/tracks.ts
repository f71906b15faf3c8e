/** What the tracks of both video codecs have. */
interface CommonVideoTrack {
  /** 1 or above, unlike that of the other track. */
  readonly trackId: number
  /** Units a second of `decodeTime`; 90000 for RTP. */
  readonly timescale: number
  /** Width of the picture as shown (after cropping, with square pixels). */
  readonly width: number
  readonly height: number
  /** Sequence parameter sets: NAL units with header, at least one. */
  readonly sps: readonly Uint8Array[]
  /** Picture parameter sets: NAL units with header, at least one. */
  readonly pps: readonly Uint8Array[]
}

/** An H.264 track: everything its part of an init segment is made of. */
export interface AvcTrack extends CommonVideoTrack {
  readonly codec: 'avc1'
}

/** An H.265 track: everything its part of an init segment is made of. */
export interface HevcTrack extends CommonVideoTrack {
  readonly codec: 'hvc1'
  /** Video parameter sets: NAL units with header, at least one. */
  readonly vps: readonly Uint8Array[]
}

/** A video track, told apart by the type of its sample entry. */
export type VideoTrack = AvcTrack | HevcTrack

/** An AAC track. Its timescale is the sampling rate. */
export interface AudioTrack {
  readonly codec: 'mp4a'
  /** 1 or above, unlike that of the other track. */
  readonly trackId: number
  /** Samples a second, up to 65535. */
  readonly sampleRate: number
  readonly channels: number
  /** As in ISO/IEC 14496-3 §1.6.2.1; 2 bytes for LC, 4 for ELD. */
  readonly audioSpecificConfig: Uint8Array
  /** Bits a second, 64000 unless told. No reader is known that depends on it. */
  readonly bitrate?: number
}

/** An Opus track, as live views have it. Its timescale is 48000, whatever was encoded. */
export interface OpusTrack {
  readonly codec: 'opus'
  /** 1 or above, unlike that of the other track. */
  readonly trackId: number
  /** 1 or 2. */
  readonly channels: number
  /** Samples a second of what was encoded: for information alone. */
  readonly inputSampleRate: number
  /** Samples at 48 kHz that players leave out at the beginning; 0, as of a stream joined midway, unless told. */
  readonly preSkip?: number
}

/** One picture or one AAC frame, in decoding order within its track. */
export interface MediaSample {
  readonly track: 'video' | 'audio'
  /** When it is decoded, in units of the track's timescale; an integer. Both tracks count from one zero. */
  readonly decodeTime: number
  /** When it is shown, counted from `decodeTime`; 0 unless told. */
  readonly compositionTimeOffset?: number
  /** Whether decoding can begin here: an IDR picture, or another IRAP picture of H.265; true for audio. */
  readonly isSync: boolean
  /**
   * Video: NAL units, each behind its length in 4 bytes, without parameter sets. Audio: a raw AAC frame without ADTS header, or an Opus packet.
   * The reader may not keep it: it belongs to the sender again when the call returns.
   */
  readonly data: Uint8Array
}
