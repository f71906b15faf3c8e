import {
  recordingSampleRates,
  type SelectedCameraRecordingConfiguration,
  type SupportedAudioRecordingConfiguration,
  type SupportedCameraRecordingConfiguration,
  type SupportedVideoRecordingConfiguration,
  selectedCameraRecordingConfiguration,
  supportedAudioRecordingConfiguration,
  supportedAudioStreamConfiguration,
  supportedCameraRecordingConfiguration,
  supportedRtpConfiguration,
  supportedVideoRecordingConfiguration,
  supportedVideoStreamConfiguration,
  type VideoAttributes,
} from '@hksv/hap'
import type { SourceDescription } from '@hksv/media'

/** What the camera offers to record. */
export interface RecordingOffer {
  readonly general: SupportedCameraRecordingConfiguration
  readonly video: SupportedVideoRecordingConfiguration
  readonly audio: SupportedAudioRecordingConfiguration
}

export const FRAGMENT_LENGTH_MS = 4000

/** Sizes and rates that hubs look for; a camera without them is never armed. */
const MANDATORY: readonly (readonly [number, number])[] = [
  [1920, 1080],
  [1280, 720],
]
const FRAME_RATES = [30, 24, 15]

/** Sizes that phones and watches ask of a live view. */
const STREAM_SIZES: readonly (readonly [number, number, number])[] = [
  [1920, 1080, 30],
  [1280, 720, 30],
  [640, 360, 30],
  [480, 270, 30],
  [320, 240, 15],
  [320, 180, 30],
]

/**
 * Offers what hubs select from. The stream is passed through as it is, so that the profiles and sizes
 * are those hubs know rather than a promise to convert.
 */
export function recordingOffer(
  source: SourceDescription,
  options: { isDoorbell: boolean; prebufferLengthMs: number },
): RecordingOffer {
  const attributes = MANDATORY.flatMap(([width, height]) =>
    FRAME_RATES.map((frameRate): VideoAttributes => ({ width, height, frameRate })),
  )
  const sampleRate = recordingSampleRates.indexOf(source.audio?.sampleRate ?? 32_000)
  return {
    general: {
      prebufferLengthMs: options.prebufferLengthMs,
      eventTriggerOptions: options.isDoorbell ? 3n : 1n,
      mediaContainers: [{ type: 0, parameters: { fragmentLengthMs: FRAGMENT_LENGTH_MS } }],
    },
    video: {
      codecs: [{ codec: 0, parameters: { profiles: [0, 1, 2], levels: [0, 1, 2] }, attributes }],
    },
    audio: {
      codecs: [
        {
          codec: source.audio?.codec === 'aac-eld' ? 1 : 0,
          parameters: {
            channels: source.audio?.channels ?? 1,
            bitRateModes: [0],
            sampleRates: [sampleRate < 0 ? recordingSampleRates.indexOf(32_000) : sampleRate],
          },
        },
      ],
    },
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

/**
 * Reads what a hub selected (characteristic 209).
 *
 * @returns `undefined` when it is no configuration, or none of those offered. Frame rate and level
 * are taken as they come: hubs round them.
 */
export function parseSelection(
  base64: string,
  offer: RecordingOffer,
): SelectedCameraRecordingConfiguration | undefined {
  let selected: SelectedCameraRecordingConfiguration
  try {
    selected = selectedCameraRecordingConfiguration.decodeLenient(Buffer.from(base64, 'base64'))
  } catch {
    // The write is refused with a status, which is all a controller can be told.
    return undefined
  }
  const { general, video, audio } = selected
  const { mediaContainer } = general
  const isOffered =
    general.prebufferLengthMs <= offer.general.prebufferLengthMs &&
    offer.general.mediaContainers.some(({ type }) => type === mediaContainer.type) &&
    mediaContainer.parameters.fragmentLengthMs > 0 &&
    offer.video.codecs.some(
      ({ codec, attributes }) =>
        codec === video.codec &&
        attributes.some(
          ({ width, height }) =>
            width === video.attributes.width && height === video.attributes.height,
        ),
    ) &&
    offer.audio.codecs.some(
      ({ codec, parameters }) =>
        codec === audio.codec && parameters.sampleRates.includes(audio.parameters.sampleRate),
    )
  return isOffered ? selected : undefined
}

/** The values of characteristics 114, 115 and 116. */
export function encodeStreamOffer(): { video: string; audio: string; rtp: string } {
  return {
    video: toBase64(
      supportedVideoStreamConfiguration.encode({
        codecs: [
          {
            codec: 0,
            parameters: { profiles: [0, 1, 2], levels: [0, 1, 2], packetizationModes: [0] },
            attributes: STREAM_SIZES.map(([width, height, frameRate]) => ({
              width,
              height,
              frameRate,
            })),
          },
        ],
      }),
    ),
    audio: toBase64(
      supportedAudioStreamConfiguration.encode({
        codecs: [{ codec: 3, parameters: { channels: 1, bitRateMode: 0, sampleRates: [1, 2] } }],
        comfortNoise: 0,
      }),
    ),
    rtp: toBase64(supportedRtpConfiguration.encode({ cryptoSuites: [0] })),
  }
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
