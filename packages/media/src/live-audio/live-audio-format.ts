import type { AudioDescription, LiveAudioDescription } from '../source.ts'

/** What a viewer negotiated to hear. It is always one channel. */
export interface LiveAudioFormat {
  readonly codec: 'opus' | 'aac-eld'
  /** Samples a second; also units a second of the times. HomeKit has 8000, 16000 and 24000. */
  readonly sampleRate: number
  /** What each packet lasts: 20 to 60 for Opus, 30 for AAC-ELD at 16 kHz. */
  readonly packetTimeMs: number
  /** 24 unless given. */
  readonly bitRateKbps?: number
}

/** A packet's worth of sound. */
export interface LiveAudioFrame {
  /** In units of the format's sample rate, on the timeline of the source's samples. */
  readonly decodeTime: number
  /** Belongs to the receiver. */
  readonly data: Uint8Array
}

/** Sound of a source, whether it can be recorded or not. */
export type SourceAudio = AudioDescription | LiveAudioDescription

/** Of AAC-ELD in HomeKit. */
const eldFrameLength = 480

/** @returns Whether frames of AAC-ELD are what was negotiated. */
export function isSameEld(from: SourceAudio, to: LiveAudioFormat): boolean {
  if (from.codec !== 'aac-eld' || to.codec !== 'aac-eld') return false
  const { sampleRate, channels, frameLength } = from
  return sampleRate === to.sampleRate && channels === 1 && frameLength === eldFrameLength
}

/** @returns Samples of a packet of this format. */
export function packetSamples({ sampleRate, packetTimeMs }: LiveAudioFormat): number {
  return Math.round((sampleRate * packetTimeMs) / 1000)
}
