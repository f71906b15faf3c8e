import {
  recordingSampleRates,
  type SupportedAudioRecordingConfiguration,
  type SupportedCameraRecordingConfiguration,
  type SupportedVideoRecordingConfiguration,
  supportedAudioRecordingConfiguration,
  supportedCameraRecordingConfiguration,
  supportedVideoRecordingConfiguration,
  type VideoAttributes,
} from '@hksv/hap'
import type { PictureSize, SourceDescription } from '@hksv/media'

import { toBase64 } from '../base64.ts'
import { AccessoryError } from '../errors.ts'

/** What a camera offers to record, where that is not to follow from its source. */
export interface RecordingAbilities {
  /** Milliseconds of the past that a clip begins with: 4000 unless given. */
  readonly prebufferMs?: 4000 | 8000
  /**
   * Sizes besides 1920x1080 and 1280x720, which are always offered; the source's own unless given.
   * Hubs choose among those of {@link recordingSizes} only.
   */
  readonly sizes?: readonly PictureSize[]
  /** Offers H.265 to the hubs that take it. Needed for a source of H.265. */
  readonly isHevcAllowed?: boolean
  /** Sound that the source can deliver; as it is described unless given. */
  readonly audio?: readonly RecordingAudio[]
}

/** One kind of sound that a camera can record. */
export interface RecordingAudio {
  readonly codec: 'aac-lc' | 'aac-eld'
  /** Hz: 8000, 16000, 24000, 32000, 44100, 48000. */
  readonly sampleRates: readonly number[]
  /** 1 unless given. */
  readonly channels?: number
  /** `variable` alone unless given. */
  readonly bitRateModes?: readonly ('variable' | 'constant')[]
}

/** What the camera offers to record. */
export interface RecordingOffer {
  readonly general: SupportedCameraRecordingConfiguration
  readonly video: SupportedVideoRecordingConfiguration
  readonly audio: SupportedAudioRecordingConfiguration
}

/** Length of a fragment in milliseconds: the one that every hub selects. */
export const FRAGMENT_LENGTH_MS = 4000

const TRIGGER_MOTION = 1n
const TRIGGER_DOORBELL = 2n
const H264 = 0
const H265 = 1

/** Sizes without which a camera is never armed. */
const MANDATORY: readonly PictureSize[] = [
  { width: 1920, height: 1080 },
  { width: 1280, height: 720 },
]

/** Every size of the specification. @see Secure Video R2 §1, Recording requirements */
export const recordingSizes: readonly PictureSize[] = [
  { width: 640, height: 480 },
  { width: 1024, height: 768 },
  { width: 1280, height: 960 },
  { width: 1600, height: 1200 },
  { width: 2048, height: 1536 },
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
  { width: 3840, height: 2160 },
]

/** 15 is mandatory, and one of the others. @see Secure Video R2 §1, Recording requirements */
const FRAME_RATES = [30, 24, 15]
/** What a source without a usable rate is said to have: the one that hubs like best. */
const USUAL_RATE = 32_000

/**
 * Offers what hubs select from. A stream that is passed through as it is gets the profiles, sizes and
 * rates that hubs look for rather than a promise to convert.
 *
 * @throws AccessoryError `OPTION_INVALID` for what no hub can select.
 */
export function recordingOffer(
  source: SourceDescription,
  abilities: RecordingAbilities & { readonly isDoorbell: boolean },
): RecordingOffer {
  const { prebufferMs = 4000, isDoorbell } = abilities
  if (prebufferMs !== 4000 && prebufferMs !== 8000) throw invalid('A prebuffer has 4000 or 8000 ms')
  const attributes = offeredSizes(source, abilities.sizes).flatMap(({ width, height }) =>
    FRAME_RATES.map((frameRate): VideoAttributes => ({ width, height, frameRate })),
  )
  return {
    general: {
      prebufferLengthMs: prebufferMs,
      eventTriggerOptions: isDoorbell ? TRIGGER_MOTION | TRIGGER_DOORBELL : TRIGGER_MOTION,
      mediaContainers: [{ type: 0, parameters: { fragmentLengthMs: FRAGMENT_LENGTH_MS } }],
    },
    video: {
      codecs: offeredCodecs(source, abilities.isHevcAllowed ?? false).map(codec => ({
        codec,
        // Of H.265 the specification names neither; hubs read them as those of H.264.
        parameters: { profiles: [0, 1, 2], levels: [0, 1, 2] },
        attributes,
      })),
    },
    audio: { codecs: (abilities.audio ?? soundOf(source)).map(offeredAudio) },
  }
}

/** The values of characteristics 205, 206 and 207. */
export function encodeOffer(offer: RecordingOffer): {
  general: string
  video: string
  audio: string
} {
  return {
    general: toBase64(supportedCameraRecordingConfiguration.encode(offer.general)),
    video: toBase64(supportedVideoRecordingConfiguration.encode(offer.video)),
    audio: toBase64(supportedAudioRecordingConfiguration.encode(offer.audio)),
  }
}

function offeredSizes(
  { video }: SourceDescription,
  given: readonly PictureSize[] | undefined,
): PictureSize[] {
  const isKnown = (size: PictureSize) => recordingSizes.some(known => isSame(known, size))
  const unknown = given?.find(size => !isKnown(size))
  if (unknown !== undefined) {
    const known = recordingSizes.map(({ width, height }) => `${width}x${height}`).join(', ')
    throw invalid(`No hub knows the size ${unknown.width}x${unknown.height}; they know ${known}`)
  }
  const others = given ?? [{ width: video.width, height: video.height }].filter(isKnown)
  return [...MANDATORY, ...others.filter(size => !MANDATORY.some(one => isSame(one, size)))]
}

function isSame(one: PictureSize, other: PictureSize): boolean {
  return one.width === other.width && one.height === other.height
}

/** A hub that has never heard of H.265 still finds something to select; what comes is the source's. */
function offeredCodecs({ video }: SourceDescription, isHevcAllowed: boolean): number[] {
  if (video.codec === 'h264') return [H264]
  if (isHevcAllowed) return [H265, H264]
  throw invalid('The source is H.265, which few hubs take: allow it with --hevc')
}

function soundOf({ audio }: SourceDescription): RecordingAudio[] {
  const { codec = 'aac-lc', sampleRate = USUAL_RATE, channels = 1 } = audio ?? {}
  const isOffered = recordingSampleRates.includes(sampleRate)
  return [{ codec, sampleRates: [isOffered ? sampleRate : USUAL_RATE], channels }]
}

function offeredAudio({ codec, sampleRates, channels = 1, bitRateModes }: RecordingAudio) {
  const unknown = sampleRates.find(rate => !recordingSampleRates.includes(rate))
  if (unknown !== undefined || sampleRates.length === 0) {
    throw invalid(`Sound has sample rates of ${recordingSampleRates.join(', ')} Hz`)
  }
  return {
    codec: codec === 'aac-lc' ? 0 : 1,
    parameters: {
      channels,
      bitRateModes: (bitRateModes ?? ['variable']).map(mode => (mode === 'variable' ? 0 : 1)),
      sampleRates: sampleRates.map(rate => recordingSampleRates.indexOf(rate)),
    },
  }
}

function invalid(message: string): AccessoryError {
  return new AccessoryError('OPTION_INVALID', { message: `${message}.` })
}
