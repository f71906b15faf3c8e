import type { SrtpSender } from '../srtp/srtp-sender.ts'
import type { SrtpKey } from '../srtp/suites.ts'
import type { DatagramLimit } from './datagram.ts'
import type { LiveClock } from './live-clock.ts'
import type { LiveCodec } from './packetize.ts'

/** What an `RtpSender` has to know: what was negotiated, and what the frames are like. */
export interface RtpSenderOptions extends DatagramLimit {
  readonly codec: LiveCodec
  /** 0 to 127. */
  readonly payloadType: number
  /** Of this side, 32 bits. */
  readonly ssrc: number
  /** Units a second of the times of the frames. */
  readonly timescale: number
  /**
   * Units a second of the timestamps. Unless told, 90000 for video and the timescale for audio. HomeKit
   * counts Opus in samples at the negotiated rate, 16000 or 24000, not at 48000 as RFC 7587 has it
   * (observed by go2rtc, `pkg/opus/homekit.go`): the timescale of `LiveAudio` frames.
   */
  readonly clockRate?: number
  /** Video: go before every key frame. Not copied. */
  readonly parameterSets?: readonly Uint8Array[]
  /** What this side announced; without a key nothing is protected. */
  readonly srtp?: SrtpKey
  /**
   * Protects in place of a context made of `srtp`: the one of a `LiveReceiver` that reports under the same
   * SSRC, as both number their reports together.
   */
  readonly srtpSender?: SrtpSender
  /** What the other side announced: its reports are protected with it. */
  readonly peerSrtp?: SrtpKey
  /** Between sender reports; 500 unless told, or when 0 was negotiated. */
  readonly reportIntervalMs?: number
  /** Canonical name, the same for video and audio: up to 255 ASCII characters; `hksv` unless told. */
  readonly cname?: string
  /** One for the video and the audio of a viewer; leave it out for a track alone. */
  readonly clock?: LiveClock
  /** Unix time, in ms, when `now` is 0; 0 unless told: then `now` is Unix time. */
  readonly unixTimeAtZeroMs?: number
  /** Gives `length` random bytes: where sequence numbers and timestamps begin. */
  readonly random: (length: number) => Uint8Array
}
