import type { MediaError } from '../errors.ts'
import type { RtpFormat } from '../rtp/rtp-format.ts'
import type { RtspAddress } from './address.ts'
import type { RtpInfo, TrackTransport } from './transport.ts'

/** A track that is set up. */
export interface RtspTrack {
  readonly format: RtpFormat
  readonly transport: TrackTransport
  /** Pictures a second, when the camera says so. */
  readonly frameRate?: number
}

/** A track that plays. */
export interface PlayingTrack extends RtspTrack {
  /** Where it begins, as far as the camera says so. */
  readonly rtpInfo: RtpInfo
}

/** What a session is told. */
export type RtspCommand =
  /** The connection that was wanted is there. */
  | { readonly type: 'connected' }
  /** The connection is gone. */
  | { readonly type: 'disconnected' }
  /** The ports that were wanted are bound. */
  | { readonly type: 'ports'; readonly rtpPort: number; readonly rtcpPort: number }
  /** Begin; after `ready`. */
  | { readonly type: 'play' }
  /** A packet came over UDP. */
  | {
      readonly type: 'datagram'
      readonly track: number
      readonly isRtcp: boolean
      readonly bytes: Uint8Array
    }
  /** Send a packet of RTCP for a track that comes over TCP. */
  | { readonly type: 'rtcp'; readonly track: number; readonly bytes: Uint8Array }
  /** End. */
  | { readonly type: 'close' }

/** What a session says. */
export type RtspEvent =
  /** Close the connection that is there, and open this one. */
  | { readonly type: 'connect'; readonly address: RtspAddress }
  /** Bind two UDP ports for a track; what was bound for it before is of no more use. */
  | { readonly type: 'bind'; readonly track: number }
  /** Everything is set up. */
  | { readonly type: 'ready'; readonly tracks: readonly RtspTrack[] }
  /** Packets will come. */
  | { readonly type: 'playing'; readonly tracks: readonly PlayingTrack[] }
  /** A packet, in a view of what was received. */
  | {
      readonly type: 'packet'
      /** Index among the tracks. */
      readonly track: number
      readonly isRtcp: boolean
      readonly bytes: Uint8Array
    }
  /** It ended as it was wished. */
  | { readonly type: 'closed' }
  /** It ended otherwise. */
  | { readonly type: 'failed'; readonly error: MediaError }

/** What a session has to know. */
export interface RtspSessionOptions {
  readonly address: RtspAddress
  /**
   * What is asked for first; `tcp` unless told. The other one is taken when the camera refuses, unless the
   * address allows only one.
   */
  readonly transport?: 'tcp' | 'udp'
  /** `false` leaves the camera's audio out. */
  readonly hasAudio?: boolean
  /** Until a connection is there; 10 s unless told. */
  readonly connectTimeoutMs?: number
  /** Until an answer is there; 10 s unless told. */
  readonly answerTimeoutMs?: number
  /** Without RTP; 5 s unless told. */
  readonly silenceMs?: number
  /** Until the first packet of RTP; 10 s, or `silenceMs` if that is more, unless told. */
  readonly firstPacketMs?: number
  /** @returns So many random bytes. */
  readonly random: (length: number) => Uint8Array
}

/** @returns The options with what was left out. */
export function withDefaults(options: RtspSessionOptions): Required<RtspSessionOptions> {
  return {
    transport: 'tcp',
    hasAudio: true,
    connectTimeoutMs: 10_000,
    answerTimeoutMs: 10_000,
    silenceMs: 5000,
    firstPacketMs: Math.max(10_000, options.silenceMs ?? 0),
    ...options,
  }
}
