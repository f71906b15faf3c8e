import { audioObjectTypes, parseHevcSps, parseSps, writeAudioSpecificConfig } from '@hksv/fmp4'
import type { VideoParameters } from '../rtp/parameter-sets.ts'
import type { RtpFormat } from '../rtp/rtp-format.ts'
import type { AudioDescription, LiveAudioDescription, VideoDescription } from '../source.ts'

/**
 * @param timescale - Units a second of the video's times.
 * @param framesPerSecond - As the camera claims.
 * @throws Fmp4Error FMP4_BITSTREAM when the size cannot be read.
 */
export function describeStreamVideo(
  parameters: VideoParameters,
  timescale: number,
  framesPerSecond: number | undefined,
): VideoDescription {
  const rate = framesPerSecond === undefined ? {} : { framesPerSecond }
  const { sps, pps } = parameters
  const [first = new Uint8Array()] = sps
  if (parameters.codec === 'h264') {
    const { width, height, profile, level } = parseSps(first)
    return { codec: 'h264', sps, pps, width, height, timescale, profile, level, ...rate }
  }
  const { vps } = parameters
  const { width, height, generalProfileIdc, generalLevelIdc } = parseHevcSps(first)
  const [profile, level] = [generalProfileIdc, generalLevelIdc]
  return { codec: 'h265', vps, sps, pps, width, height, timescale, profile, level, ...rate }
}

/** @returns Nothing for sound that HomeKit does not record as it is. */
export function describeStreamAudio(format: RtpFormat): AudioDescription | undefined {
  if (format.kind !== 'audio' || format.codec !== 'aac') return undefined
  const codec = aacNames.get(format.objectType)
  if (codec === undefined) return undefined
  const { objectType, sampleRate, channels, frameLength } = format
  // Of LC the two bytes that cameras send: ffmpeg adds "no SBR" in three more.
  const audioSpecificConfig =
    codec === 'aac-lc'
      ? writeAudioSpecificConfig({ objectType, sampleRate, channels, frameLength })
      : format.audioSpecificConfig
  return { codec, sampleRate, channels, frameLength, audioSpecificConfig }
}

/** @returns Nothing for sound that is recorded, or that nobody understands. */
export function describeLiveAudio(format: RtpFormat): LiveAudioDescription | undefined {
  if (format.kind !== 'audio' || format.codec === 'aac') return undefined
  const { codec, clockRate, channels } = format
  return { codec, sampleRate: clockRate, channels }
}

const aacNames: ReadonlyMap<number, AudioDescription['codec']> = new Map([
  [audioObjectTypes.aacLc, 'aac-lc'],
  [audioObjectTypes.aacEld, 'aac-eld'],
])
