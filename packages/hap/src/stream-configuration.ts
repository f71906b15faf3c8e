import { list, nested, required, type TlvSchema, tlvSchema, uint8 } from '@hksv/tlv8'

import { type VideoAttributes, videoAttributes } from './recording-configuration.ts'

/** Characteristic 114. @see HomeKit Accessory Protocol R2 §9.104 */
export interface SupportedVideoStreamConfiguration {
  codecs: {
    /** 0 H.264. */
    codec: number
    parameters: {
      /** 0 Constrained Baseline, 1 Main, 2 High. */
      profiles: number[]
      /** 0 level 3.1, 1 level 3.2, 2 level 4.0. */
      levels: number[]
      /** 0 non-interleaved. */
      packetizationModes: number[]
    }
    attributes: VideoAttributes[]
  }[]
}

/** Characteristic 115. @see HomeKit Accessory Protocol R2 §9.102 */
export interface SupportedAudioStreamConfiguration {
  codecs: {
    /** 2 AAC-ELD, 3 Opus. */
    codec: number
    parameters: {
      channels: number
      /** 0 variable, 1 constant. */
      bitRateMode: number
      /** 0 8 kHz, 1 16 kHz, 2 24 kHz. */
      sampleRates: number[]
    }
  }[]
  comfortNoise: number
}

/** Characteristic 116. @see HomeKit Accessory Protocol R2 §9.103 */
export interface SupportedRtpConfiguration {
  /** 0 AES_CM_128_HMAC_SHA1_80, 1 AES_256_CM_HMAC_SHA1_80, 2 none. */
  cryptoSuites: number[]
}

/** Characteristic 120, and the status of 118. */
export interface StreamingStatus {
  /** 0 available, 1 in use, 2 unavailable. */
  status: number
}

type VideoCodec = SupportedVideoStreamConfiguration['codecs'][number]
type AudioCodec = SupportedAudioStreamConfiguration['codecs'][number]

/** Reads and writes characteristic 114. @see HomeKit Accessory Protocol R2 §9.104 */
export const supportedVideoStreamConfiguration: TlvSchema<SupportedVideoStreamConfiguration> =
  tlvSchema<SupportedVideoStreamConfiguration>({
    codecs: list(
      0x01,
      nested(
        tlvSchema<VideoCodec>({
          codec: required(0x01, uint8),
          parameters: required(
            0x02,
            nested(
              tlvSchema<VideoCodec['parameters']>({
                profiles: list(0x01, uint8),
                levels: list(0x02, uint8),
                packetizationModes: list(0x03, uint8),
              }),
            ),
          ),
          attributes: list(0x03, nested(videoAttributes)),
        }),
      ),
    ),
  })

/** Reads and writes characteristic 115. @see HomeKit Accessory Protocol R2 §9.102 */
export const supportedAudioStreamConfiguration: TlvSchema<SupportedAudioStreamConfiguration> =
  tlvSchema<SupportedAudioStreamConfiguration>({
    codecs: list(
      0x01,
      nested(
        tlvSchema<AudioCodec>({
          codec: required(0x01, uint8),
          parameters: required(
            0x02,
            nested(
              tlvSchema<AudioCodec['parameters']>({
                channels: required(0x01, uint8),
                bitRateMode: required(0x02, uint8),
                sampleRates: list(0x03, uint8),
              }),
            ),
          ),
        }),
      ),
    ),
    comfortNoise: required(0x02, uint8),
  })

/**
 * Reads and writes characteristic 116. The suites are of type 02, unlike every other list here.
 *
 * @see HomeKit Accessory Protocol R2 §9.103
 */
export const supportedRtpConfiguration: TlvSchema<SupportedRtpConfiguration> =
  tlvSchema<SupportedRtpConfiguration>({ cryptoSuites: list(0x02, uint8) })

/** Reads and writes characteristic 120. @see HomeKit Accessory Protocol R2 chapter 9 */
export const streamingStatus: TlvSchema<StreamingStatus> = tlvSchema<StreamingStatus>({
  status: required(0x01, uint8),
})
