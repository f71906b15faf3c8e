import {
  recordingSampleRates,
  type SelectedCameraRecordingConfiguration,
  type SupportedAudioRecordingConfiguration,
  type SupportedCameraRecordingConfiguration,
  type SupportedVideoRecordingConfiguration,
  type VideoAttributes,
} from '@hksv/hap'

import { HubError } from './errors.ts'

const H264 = 0
const MAIN = 1
const LEVEL_4_0 = 2
const FRAGMENTED_MP4 = 0
const MOTION = 1n
const MAX_PREBUFFER_MS = 4000
const FRAGMENT_LENGTH_MS = 4000
const I_FRAME_INTERVAL_MS = 4000
const BIT_RATE_KBPS = 2000
const AUDIO_BIT_RATE_KBPS = 64
const VARIABLE = 0
/** Hertz, best first, as home hubs choose. */
const SAMPLE_RATES = [32_000, 44_100, 48_000, 24_000, 16_000, 8000]
/** Frames a second, best first. */
const FRAME_RATES = [30, 24, 25, 20, 15]

/** What a camera offers: characteristics 205, 206 and 207. */
export interface Offer {
  readonly general: SupportedCameraRecordingConfiguration
  readonly video: SupportedVideoRecordingConfiguration
  readonly audio: SupportedAudioRecordingConfiguration
}

/** What to prefer among it. */
export interface Wishes {
  /** The offered prebuffer up to 4000 unless given. */
  readonly prebufferMs?: number
  /** Picture size; 1920x1080 unless given. What is offered and nearest to it is selected. */
  readonly width?: number
  readonly height?: number
  /** 2000 unless given. */
  readonly bitRateKbps?: number
}

/**
 * Chooses among what a camera offers as home hubs do: H.264 Main at level 4.0, the picture nearest to
 * 1920x1080, 30 frames a second before 24, a key frame every 4 s, AAC-LC, 32 kHz, and motion as the
 * only trigger.
 *
 * @see observed: what an Apple home hub wrote to a Eufy 2C, vectors `hap/recording-configuration`
 * @throws HubError `HUB_NO_CAMERA` when nothing can be chosen.
 */
export function chooseConfiguration(
  offer: Offer,
  wishes: Wishes = {},
): SelectedCameraRecordingConfiguration {
  const container = offer.general.mediaContainers.find(({ type }) => type === FRAGMENTED_MP4)
  const codec = offer.video.codecs.find(candidate => candidate.codec === H264)
  const attributes = codec && bestAttributes(codec.attributes, wishes)
  // AAC-LC (0) before AAC-ELD (1).
  const [audio] = offer.audio.codecs.toSorted((a, b) => a.codec - b.codec)
  if (container === undefined || codec === undefined || attributes === undefined || !audio) {
    throw new HubError('HUB_NO_CAMERA', {
      message:
        'The camera offers no H.264 video with AAC audio in fragmented MP4: nothing can be ' +
        'selected. Update it, or tell its maker.',
    })
  }
  const { fragmentLengthMs } = container.parameters
  return {
    general: {
      prebufferLengthMs: Math.min(
        wishes.prebufferMs ?? MAX_PREBUFFER_MS,
        offer.general.prebufferLengthMs,
      ),
      eventTriggerOptions: MOTION,
      mediaContainer: {
        type: FRAGMENTED_MP4,
        parameters: { fragmentLengthMs: Math.min(fragmentLengthMs, FRAGMENT_LENGTH_MS) },
      },
    },
    video: {
      codec: H264,
      parameters: {
        profile: offeredOr(codec.parameters.profiles, MAIN),
        level: offeredOr(codec.parameters.levels, LEVEL_4_0),
        bitRateKbps: wishes.bitRateKbps ?? BIT_RATE_KBPS,
        iFrameIntervalMs: I_FRAME_INTERVAL_MS,
      },
      attributes,
    },
    audio: {
      codec: audio.codec,
      parameters: {
        channels: audio.parameters.channels,
        bitRateMode: offeredOr(audio.parameters.bitRateModes, VARIABLE),
        sampleRate: bestSampleRate(audio.parameters.sampleRates),
        maxBitRateKbps: AUDIO_BIT_RATE_KBPS,
      },
    },
  }
}

function bestAttributes(
  offered: readonly VideoAttributes[],
  { width = 1920, height = 1080 }: Wishes,
): VideoAttributes | undefined {
  const wanted = width * height
  const distance = (candidate: VideoAttributes) =>
    Math.abs(candidate.width * candidate.height - wanted)
  const rank = ({ frameRate }: VideoAttributes) =>
    FRAME_RATES.includes(frameRate) ? FRAME_RATES.indexOf(frameRate) : FRAME_RATES.length
  return offered.toSorted((a, b) => distance(a) - distance(b) || rank(a) - rank(b))[0]
}

/** @returns What is preferred where it is offered, or nothing is; else the highest of the offer. */
function offeredOr(offered: readonly number[], preferred: number): number {
  return offered.includes(preferred) || offered.length === 0 ? preferred : Math.max(...offered)
}

function bestSampleRate(offered: readonly number[]): number {
  const preferred = SAMPLE_RATES.map(rate => recordingSampleRates.indexOf(rate))
  return preferred.find(rate => offered.includes(rate)) ?? offered[0] ?? 0
}
