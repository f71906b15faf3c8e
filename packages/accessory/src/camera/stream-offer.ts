import {
  supportedAudioStreamConfiguration,
  supportedRtpConfiguration,
  supportedVideoStreamConfiguration,
} from '@hksv/hap'

import { toBase64 } from '../base64.ts'
import { type LiveSuite, liveSuites } from '../live/live-suite.ts'

/** Sizes that phones and watches ask of a live view. */
const STREAM_SIZES: readonly (readonly [number, number, number])[] = [
  [1920, 1080, 30],
  [1280, 720, 30],
  [640, 360, 30],
  [480, 270, 30],
  [320, 240, 15],
  [320, 180, 30],
]

/** The values of characteristics 114, 115 and 116. */
export function encodeStreamOffer(suites: readonly LiveSuite[]): {
  video: string
  audio: string
  rtp: string
} {
  const attributes = STREAM_SIZES.map(([width, height, frameRate]) => ({
    width,
    height,
    frameRate,
  }))
  const parameters = { profiles: [0, 1, 2], levels: [0, 1, 2], packetizationModes: [0] }
  const opus = { codec: 3, parameters: { channels: 1, bitRateMode: 0, sampleRates: [1, 2] } }
  return {
    video: toBase64(
      supportedVideoStreamConfiguration.encode({ codecs: [{ codec: 0, parameters, attributes }] }),
    ),
    audio: toBase64(supportedAudioStreamConfiguration.encode({ codecs: [opus], comfortNoise: 0 })),
    rtp: toBase64(
      supportedRtpConfiguration.encode({
        cryptoSuites: suites.map(suite => liveSuites.indexOf(suite)),
      }),
    ),
  }
}
