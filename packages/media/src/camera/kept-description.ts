import { isFmp4Error, parseAudioSpecificConfig } from '@hksv/fmp4'

import type { AudioDescription, SourceDescription } from '../source.ts'
import { describeStreamVideo } from './stream-description.ts'

/** What is kept of a camera's stream, as JSON: bytes are hexadecimal. What follows from them is read anew. */
export interface KeptDescription {
  readonly codec: 'h264' | 'h265'
  readonly vps?: readonly string[]
  readonly sps: readonly string[]
  readonly pps: readonly string[]
  readonly timescale: number
  readonly framesPerSecond?: number
  readonly audio?: { readonly codec: AudioDescription['codec']; readonly config: string }
}

/** @returns What {@link readDescription} reads. */
export function keepDescription({ video, audio }: SourceDescription): KeptDescription {
  const { codec, sps, pps, timescale, framesPerSecond } = video
  return {
    codec,
    ...(codec === 'h265' && { vps: video.vps.map(toHex) }),
    sps: sps.map(toHex),
    pps: pps.map(toHex),
    timescale,
    ...(framesPerSecond !== undefined && { framesPerSecond }),
    ...(audio && { audio: { codec: audio.codec, config: toHex(audio.audioSpecificConfig) } }),
  }
}

/** @returns Nothing for what cannot be read: it was only kept to be quick. */
export function readDescription(kept: unknown, name: string): SourceDescription | undefined {
  if (!isKept(kept)) return undefined
  const sets = { vps: bytes(kept.vps ?? []), sps: bytes(kept.sps), pps: bytes(kept.pps) }
  const { codec, timescale, framesPerSecond } = kept
  try {
    const video = describeStreamVideo(
      codec === 'h265' ? { codec, ...sets } : { codec, sps: sets.sps, pps: sets.pps },
      timescale,
      framesPerSecond,
    )
    return { name, video, ...(kept.audio && { audio: readAudio(kept.audio) }) }
  } catch (error) {
    if (isFmp4Error(error)) return undefined
    throw error
  }
}

function readAudio({ codec, config }: NonNullable<KeptDescription['audio']>): AudioDescription {
  const audioSpecificConfig = new Uint8Array(Buffer.from(config, 'hex'))
  const { sampleRate, channels, frameLength } = parseAudioSpecificConfig(audioSpecificConfig)
  return { codec, sampleRate, channels, frameLength, audioSpecificConfig }
}

function isKept(value: unknown): value is KeptDescription {
  if (typeof value !== 'object' || value === null) return false
  const { codec, vps, sps, pps, timescale, framesPerSecond, audio } = value as Record<
    keyof KeptDescription,
    unknown
  >
  return (
    (codec === 'h264' || (codec === 'h265' && isHexList(vps))) &&
    isHexList(sps) &&
    isHexList(pps) &&
    isPositive(timescale) &&
    (framesPerSecond === undefined || isPositive(framesPerSecond)) &&
    (audio === undefined || isKeptAudio(audio))
  )
}

function isKeptAudio(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { codec, config } = value as Record<string, unknown>
  return (codec === 'aac-lc' || codec === 'aac-eld') && isHex(config)
}

function isHexList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isHex)
}

function isHex(value: unknown): boolean {
  return typeof value === 'string' && /^(?:[\da-f]{2})+$/.test(value)
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

function toHex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex')
}

function bytes(texts: readonly string[]): Uint8Array[] {
  return texts.map(text => new Uint8Array(Buffer.from(text, 'hex')))
}
