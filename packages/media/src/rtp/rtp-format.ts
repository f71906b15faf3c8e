import {
  type AudioSpecificConfig,
  audioObjectTypes,
  isFmp4Error,
  parseAudioSpecificConfig,
  type VideoCodec,
  writeAudioSpecificConfig,
} from '@hksv/fmp4'

import { parseStreamMuxConfig } from './latm-payload.ts'

/** What an SDP says of one payload type. */
export interface MediaAttributes {
  /** 0 to 127, from the `m=` line. */
  readonly payloadType: number
  /** Of `a=rtpmap`, behind the payload type: `H264/90000`. May be missing for PCMU (0) and PCMA (8). */
  readonly rtpmap?: string
  /** Of `a=fmtp`, behind the payload type: `packetization-mode=1;sprop-parameter-sets=…`. */
  readonly fmtp?: string
}

/** How a video track is packed. */
export interface VideoFormat {
  readonly kind: 'video'
  readonly codec: VideoCodec
  readonly payloadType: number
  /** Units a second of the timestamps. */
  readonly clockRate: number
  /** NAL units of the SDP; they give way to what comes with the pictures. */
  readonly parameterSets: readonly Uint8Array[]
}

/** How AAC is packed. */
export interface AacFormat extends AudioSpecificConfig {
  readonly kind: 'audio'
  readonly codec: 'aac'
  readonly payloadType: number
  readonly clockRate: number
  readonly audioSpecificConfig: Uint8Array
  readonly packing:
    | {
        readonly type: 'mpeg4-generic'
        /** Bits of AU-size; 0 when there are no AU headers. */
        readonly sizeLength: number
        /** Bits of AU-Index. */
        readonly indexLength: number
        /** Bits of AU-Index-delta. */
        readonly indexDeltaLength: number
      }
    | { readonly type: 'latm' }
}

/** How audio is packed that has one frame in each packet. */
export interface PlainAudioFormat {
  readonly kind: 'audio'
  readonly codec: 'pcmu' | 'pcma' | 'opus'
  readonly payloadType: number
  readonly clockRate: number
  readonly channels: number
}

/** A payload format that is understood. */
export type RtpFormat = VideoFormat | AacFormat | PlainAudioFormat

/** @see RFC 3551 table 4 */
const staticTypes: Readonly<Record<number, string>> = { 0: 'PCMU/8000', 8: 'PCMA/8000' }

/**
 * Says how a media of an SDP is packed.
 * @returns Nothing for codecs and packings that are not understood: the interleaved modes of H.264 and
 * H.265, other MPEG-4 audio than AAC, LATM with its configuration in band.
 * @see RFC 6184 §8.1, RFC 7798 §7.1, RFC 3640 §4.1, RFC 6416 §7.3, RFC 3551, RFC 7587
 * @example
 * ```ts
 * rtpFormat({ payloadType: 97, rtpmap: 'MPEG4-GENERIC/16000', fmtp: 'sizelength=13;indexlength=3;config=1408' })
 * ```
 */
export function rtpFormat({ payloadType, rtpmap, fmtp }: MediaAttributes): RtpFormat | undefined {
  const map = rtpmap ?? staticTypes[payloadType] ?? ''
  const [name = '', rate = '', channelCount = '1'] = map.trim().split('/')
  const clockRate = Number(rate)
  const channels = Number(channelCount)
  if (!(Number.isInteger(clockRate) && clockRate > 0 && clockRate <= 1e6)) return undefined
  if (!(Number.isInteger(channels) && channels > 0 && channels <= 8)) return undefined
  const parameters = formatParameters(fmtp ?? '')
  const common = { payloadType, clockRate }
  switch (name.toLowerCase()) {
    case 'h264':
      if (parameters.get('packetization-mode') === '2') return undefined
      return { kind: 'video', codec: 'h264', ...common, ...announced(parameters, avcNames) }
    case 'h265':
    case 'hevc':
      if (Number(parameters.get('sprop-max-don-diff') ?? 0) > 0) return undefined
      return { kind: 'video', codec: 'h265', ...common, ...announced(parameters, hevcNames) }
    case 'mpeg4-generic':
      return genericFormat({ ...common, channels }, parameters)
    case 'mp4a-latm':
      return latmFormat(common, parameters)
    case 'pcmu':
      return { kind: 'audio', codec: 'pcmu', ...common, channels }
    case 'pcma':
      return { kind: 'audio', codec: 'pcma', ...common, channels }
    case 'opus':
      return { kind: 'audio', codec: 'opus', ...common, channels }
    default:
      return undefined
  }
}

const avcNames = ['sprop-parameter-sets']
const hevcNames = ['sprop-vps', 'sprop-sps', 'sprop-pps']

/** Names in lower case: their case differs between senders, as do order and blanks. */
function formatParameters(fmtp: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const part of fmtp.split(';')) {
    const at = part.indexOf('=')
    if (at > 0) parameters.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim())
  }
  return parameters
}

/** Reads NAL units in Base64 between commas, in which some senders put blanks. */
function announced(
  parameters: ReadonlyMap<string, string>,
  names: readonly string[],
): { parameterSets: Uint8Array[] } {
  const texts = names.flatMap(name => (parameters.get(name) ?? '').split(','))
  const sets = texts.map(text => new Uint8Array(Buffer.from(text, 'base64')))
  return { parameterSets: sets.filter(nal => nal.length > 0) }
}

interface Common {
  readonly payloadType: number
  readonly clockRate: number
}

function genericFormat(
  { payloadType, clockRate, channels }: Common & { channels: number },
  parameters: ReadonlyMap<string, string>,
): AacFormat | undefined {
  const mode = (parameters.get('mode') ?? 'aac-hbr').toLowerCase()
  if (mode !== 'aac-hbr' && mode !== 'aac-lbr' && mode !== 'generic') return undefined
  const bits = (name: string) => Number(parameters.get(name) ?? 0)
  const packing = {
    type: 'mpeg4-generic',
    sizeLength: bits('sizelength'),
    indexLength: bits('indexlength'),
    indexDeltaLength: bits('indexdeltalength'),
  } as const
  const lengths = [packing.sizeLength, packing.indexLength, packing.indexDeltaLength]
  if (!lengths.every(length => Number.isInteger(length) && length >= 0 && length <= 24))
    return undefined
  // Fields that AAC has no use for would stand between the sizes.
  const others = ['ctsdeltalength', 'dtsdeltalength', 'auxiliarydatasizelength']
  if (others.some(name => bits(name) !== 0)) return undefined
  const config = parameters.get('config')
  const aac =
    config === undefined ? lowComplexity(clockRate, channels) : aacOf(Buffer.from(config, 'hex'))
  return aac && { kind: 'audio', codec: 'aac', payloadType, clockRate, packing, ...aac }
}

function latmFormat(
  common: Common,
  parameters: ReadonlyMap<string, string>,
): AacFormat | undefined {
  const config = parameters.get('config')
  if (config === undefined || parameters.get('cpresent') === '1') return undefined
  const audioSpecificConfig = parseStreamMuxConfig(Buffer.from(config, 'hex'))
  const aac = audioSpecificConfig && aacOf(audioSpecificConfig)
  return aac && { kind: 'audio', codec: 'aac', ...common, packing: { type: 'latm' }, ...aac }
}

type Aac = AudioSpecificConfig & { readonly audioSpecificConfig: Uint8Array }

/** What a sender without `config` most likely means. */
function lowComplexity(sampleRate: number, channels: number): Aac | undefined {
  const config = { objectType: audioObjectTypes.aacLc, sampleRate, channels, frameLength: 1024 }
  try {
    return { ...config, audioSpecificConfig: writeAudioSpecificConfig(config) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return undefined
  }
}

function aacOf(bytes: Uint8Array): Aac | undefined {
  try {
    const audioSpecificConfig = new Uint8Array(bytes)
    return { ...parseAudioSpecificConfig(audioSpecificConfig), audioSpecificConfig }
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    return undefined
  }
}
