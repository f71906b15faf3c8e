import type { SelectedAudioStream, SelectedVideoStream } from '@hksv/hap'

import { HubError } from '../errors.ts'
import type { StreamOffer } from './stream-offer.ts'

/** How packets are protected; the place in the list is the number in characteristic 116. */
const suites = ['AES_CM_128_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80', 'none'] as const

/** How the packets of a live view are protected. */
export type LiveSuite = (typeof suites)[number]

/** What to look at, among what the camera offers. */
export interface LiveWishes {
  /** Picture size; 1920x1080 unless given. What is offered and nearest to it is selected. */
  readonly width?: number
  readonly height?: number
  /** Frames a second; 30 unless given. The nearest that is offered at this size is selected. */
  readonly frameRate?: number
  /** Of the pictures: 2000 at 1920x1080, 800 at 1280x720, 300 below, unless given. */
  readonly bitRateKbps?: number
  /** The first that is offered unless given. */
  readonly srtp?: LiveSuite
}

/** What was selected. */
export interface LiveChoice {
  readonly suite: LiveSuite
  readonly video: {
    readonly profile: number
    readonly level: number
    readonly width: number
    readonly height: number
    readonly frameRate: number
    readonly bitRateKbps: number
  }
  /** Absent when the camera offers no sound that could be received. */
  readonly audio?: {
    readonly codec: 'opus' | 'aac-eld'
    readonly sampleRate: number
    readonly packetTimeMs: number
  }
}

const H264 = 0
const AAC_ELD = 2
const OPUS = 3
/** Hertz, by their numbers. */
const sampleRates: readonly number[] = [8000, 16_000, 24_000]
const audioBitRateKbps = 24
const videoPayloadType = 99
const audioPayloadType = 110
const comfortNoisePayloadType = 13
/** Seconds between reports, as phones ask for them. @see observed: go2rtc `pkg/homekit` against iPhones */
const intervals = { video: 0.5, audio: 5 } as const

/**
 * Chooses among what a camera offers: the best of it, or what is nearest to the wishes.
 *
 * @throws HubError `HUB_LIVE_REFUSED` when nothing can be chosen.
 */
export function chooseStream(offer: StreamOffer, wishes: LiveWishes = {}): LiveChoice {
  const codec = offer.video.codecs.find(candidate => candidate.codec === H264)
  const attributes = codec && nearest(codec.attributes, wishes)
  if (codec === undefined || attributes === undefined) {
    throw new HubError('HUB_LIVE_REFUSED', {
      message: 'The camera offers no H.264 for a live view. Update it, or tell its maker.',
    })
  }
  const { width, height, frameRate } = attributes
  const { profiles, levels } = codec.parameters
  const audio = chooseAudio(offer)
  return {
    suite: chooseSuite(offer, wishes.srtp),
    video: {
      profile: Math.max(0, ...profiles),
      level: Math.max(0, ...levels),
      ...{ width, height, frameRate },
      bitRateKbps: wishes.bitRateKbps ?? bitRateOf(width * height),
    },
    ...(audio && { audio }),
  }
}

/** The number of a suite in the TLVs. */
export function suiteNumber(suite: LiveSuite): number {
  return suites.indexOf(suite)
}

/** The pictures as characteristic 117 has them. @param mtu Bytes of an IP datagram. */
export function selectedVideo(
  { video }: LiveChoice,
  { ssrc, mtu }: { readonly ssrc: number; readonly mtu: number },
): SelectedVideoStream & { rtp: { payloadType: number } } {
  const { profile, level, width, height, frameRate, bitRateKbps } = video
  return {
    codec: H264,
    parameters: { profile, level, packetizationMode: 0, cvoEnabled: 0 },
    attributes: { width, height, frameRate },
    rtp: {
      payloadType: videoPayloadType,
      ssrc,
      maxBitRateKbps: bitRateKbps,
      minRtcpIntervalSeconds: intervals.video,
      maxMtu: mtu,
    },
  }
}

/** The sound as characteristic 117 has it; nothing when none was chosen. */
export function selectedAudio(
  { audio }: LiveChoice,
  ssrc: number,
): SelectedAudioStream | undefined {
  if (audio === undefined) return undefined
  const { codec, sampleRate, packetTimeMs } = audio
  return {
    codec: codec === 'opus' ? OPUS : AAC_ELD,
    parameters: {
      channels: 1,
      bitRateMode: 0,
      sampleRate: sampleRates.indexOf(sampleRate),
      packetTimeMs,
    },
    rtp: {
      payloadType: audioPayloadType,
      ssrc,
      maxBitRateKbps: audioBitRateKbps,
      minRtcpIntervalSeconds: intervals.audio,
      comfortNoisePayloadType,
    },
    comfortNoise: 0,
  }
}

function nearest<T extends { width: number; height: number; frameRate: number }>(
  offered: readonly T[],
  { width = 1920, height = 1080, frameRate = 30 }: LiveWishes,
): T | undefined {
  const off = (one: T) => Math.abs(one.width * one.height - width * height)
  const offRate = (one: T) => Math.abs(one.frameRate - frameRate)
  return offered.toSorted((a, b) => off(a) - off(b) || offRate(a) - offRate(b))[0]
}

function bitRateOf(pixels: number): number {
  if (pixels >= 1920 * 1080) return 2000
  return pixels >= 1280 * 720 ? 800 : 300
}

function chooseSuite({ rtp }: StreamOffer, wanted: LiveSuite | undefined): LiveSuite {
  const offered = rtp.cryptoSuites.flatMap(number => suites[number] ?? [])
  const suite = wanted ?? offered[0]
  if (suite !== undefined && offered.includes(suite)) return suite
  throw new HubError('HUB_LIVE_REFUSED', {
    message: `The camera does not protect a live view with ${wanted ?? 'anything known'}; it offers ${offered.join(', ') || 'nothing'}. Choose among that.`,
  })
}

/** Opus before AAC-ELD, and the higher rate: 8 kHz is for telephones. */
function chooseAudio({ audio }: StreamOffer): LiveChoice['audio'] {
  for (const [number, codec] of [
    [OPUS, 'opus'],
    [AAC_ELD, 'aac-eld'],
  ] as const) {
    const found = audio.codecs.filter(each => each.codec === number)
    const rates = found.flatMap(({ parameters }) => parameters.sampleRates)
    const sampleRate = sampleRates[Math.max(-1, ...rates)]
    if (sampleRate === undefined) continue
    return { codec, sampleRate, packetTimeMs: codec === 'opus' ? 20 : eldPacketMs(sampleRate) }
  }
  return undefined
}

/** A packet has one frame of 480 samples. */
function eldPacketMs(sampleRate: number): number {
  return 480_000 / sampleRate
}
