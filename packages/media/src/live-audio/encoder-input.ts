import { audioObjectTypes } from '@hksv/fmp4'

import { AdtsWriter, isAdtsConfig } from '../bitstream/adts-writer.ts'
import { opusFrameSamples } from '../rtp/opus.ts'
import { silentAacFrame } from '../silence/silent-aac-frame.ts'
import type { AudioDescription, LiveAudioDescription } from '../source.ts'
import type { SourceAudio } from './live-audio-format.ts'
import { OggOpusWriter } from './ogg-writer.ts'

/** How sound is fed to ffmpeg. */
export interface EncoderInput {
  /** Options of ffmpeg in front of `-i`. */
  readonly options: readonly string[]
  /** Units a second of what is fed. */
  readonly sampleRate: number
  /** 1 or 2. */
  readonly channels: number
  /** Samples of a piece of silence. */
  readonly fillSamples: number
  /** What comes before the first frame. */
  readonly header: Uint8Array
  /** @returns Samples of a frame; 0 for what is none. */
  samplesOf(frame: Uint8Array): number
  /** @returns A frame as ffmpeg reads it. */
  wrap(frame: Uint8Array): Uint8Array
  /** @returns So many pieces of silence, likewise. */
  silence(pieces: number): Uint8Array
}

/** Silence comes in pieces of so much where any length will do. */
const fillMs = 20
const none = new Uint8Array()

/**
 * @returns What makes the input of each run of ffmpeg; nothing for sound that it cannot be given this way:
 * AAC-ELD, AAC with frames of 960 samples, more than two channels.
 */
export function encoderInputs(from: SourceAudio): (() => EncoderInput) | undefined {
  if (from.channels > 2) return undefined
  if (from.codec === 'opus') return () => opusInput(from)
  if (!('frameLength' in from)) return () => g711Input(from)
  const input = aacInput(from)
  return input && (() => input)
}

/** Frames of AAC-LC behind headers of ADTS. */
function aacInput(from: AudioDescription): EncoderInput | undefined {
  const { sampleRate, channels, frameLength } = from
  const { aacLc, aacEld } = audioObjectTypes
  const objectType = from.codec === 'aac-lc' ? aacLc : aacEld
  const config = { objectType, sampleRate, channels, frameLength }
  const silent = silentAacFrame(channels)
  if (!isAdtsConfig(config) || silent === undefined) return undefined
  const writer = new AdtsWriter(config)
  const wrap = (frame: Uint8Array) => writer.frame(frame)
  return {
    options: ['-f', 'aac'],
    sampleRate,
    channels,
    fillSamples: frameLength,
    header: none,
    samplesOf: () => frameLength,
    wrap,
    silence: pieces => Buffer.concat(new Array<Uint8Array>(pieces).fill(wrap(silent))),
  }
}

/** One byte a sample. @see ITU-T G.711 */
function g711Input(from: LiveAudioDescription): EncoderInput {
  const { codec, sampleRate, channels } = from
  const fillSamples = (sampleRate * fillMs) / 1000
  const [name, quiet] = codec === 'pcmu' ? ['mulaw', 0xff] : ['alaw', 0xd5]
  return {
    options: ['-f', name, '-ar', `${sampleRate}`, '-ac', `${channels}`],
    sampleRate,
    channels,
    fillSamples,
    header: none,
    samplesOf: frame => Math.floor(frame.length / channels),
    wrap: frame => frame,
    silence: pieces => new Uint8Array(pieces * fillSamples * channels).fill(quiet),
  }
}

/** Packets in Ogg. A missing one is a packet without frames, which decoders cover up. */
function opusInput(from: LiveAudioDescription): EncoderInput {
  const sampleRate = 48_000
  const fillSamples = (sampleRate * fillMs) / 1000
  const { channels } = from
  const ogg = new OggOpusWriter({ sampleRate, channels })
  return {
    options: ['-f', 'ogg'],
    sampleRate,
    channels,
    fillSamples,
    header: ogg.header(),
    samplesOf: frame => opusFrameSamples(frame, 0, frame.length),
    wrap: frame => ogg.page(frame, opusFrameSamples(frame, 0, frame.length)),
    silence: pieces =>
      Buffer.concat(Array.from({ length: pieces }, () => ogg.page(missingOpus, fillSamples))),
  }
}

/** A frame of 20 ms, of wide band, that has no bytes. @see RFC 6716 §3.2.1, table 2 */
const missingOpus = Uint8Array.of(9 << 3)
