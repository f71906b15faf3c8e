import {
  list,
  nested,
  optional,
  required,
  type TlvSchema,
  tlvSchema,
  uint8,
  uint16,
  uint32,
  uint64,
} from '@hksv/tlv8'

// The TLVs of CameraEventRecordingManagement: what is supported (205, 206, 207) and what a hub
// selected (209). Lists are separated by empty items of type 00.

/** A way to pack the recording. */
export interface MediaContainer {
  /** 0: fragmented MP4. */
  type: number
  parameters: { fragmentLengthMs: number }
}

/** Characteristic 205. @see Secure Video R2 §3.8 */
export interface SupportedCameraRecordingConfiguration {
  /** Milliseconds; on the wire 4 bytes (revision R3; R2 has 1). */
  prebufferLengthMs: number
  /** Bit 0 motion, bit 1 doorbell. */
  eventTriggerOptions: bigint
  mediaContainers: MediaContainer[]
}

/** Width, height in pixels, and frames a second. */
export interface VideoAttributes {
  width: number
  height: number
  frameRate: number
}

/** A codec of characteristic 206. */
export interface SupportedVideoCodec {
  /** 0 H.264, 1 H.265. */
  codec: number
  parameters: {
    /** 0 Baseline, 1 Main, 2 High. */
    profiles: number[]
    /** 0 level 3.1, 1 level 3.2, 2 level 4.0. */
    levels: number[]
  }
  attributes: VideoAttributes[]
}

/** Characteristic 206. @see Secure Video R2 §3.9 */
export interface SupportedVideoRecordingConfiguration {
  codecs: SupportedVideoCodec[]
}

/** A codec of characteristic 207. */
export interface SupportedAudioCodec {
  /** 0 AAC-LC, 1 AAC-ELD. */
  codec: number
  parameters: {
    channels: number
    /** 0 variable, 1 constant. */
    bitRateModes: number[]
    /** Indices into {@link recordingSampleRates}. */
    sampleRates: number[]
  }
}

/** Characteristic 207. @see Secure Video R2 §3.10 */
export interface SupportedAudioRecordingConfiguration {
  codecs: SupportedAudioCodec[]
}

/** Hertz by the number on the wire. */
export const recordingSampleRates: readonly number[] = [8000, 16000, 24000, 32000, 44100, 48000]

/** Characteristic 209. @see Secure Video R2 §3.11 */
export interface SelectedCameraRecordingConfiguration {
  general: {
    prebufferLengthMs: number
    eventTriggerOptions: bigint
    mediaContainer: MediaContainer
  }
  video: {
    codec: number
    parameters: { profile: number; level: number; bitRateKbps: number; iFrameIntervalMs: number }
    attributes: VideoAttributes
  }
  audio: {
    codec: number
    parameters: {
      channels: number
      bitRateMode: number
      sampleRate: number
      /** Absent when a hub leaves it open. */
      maxBitRateKbps?: number
    }
  }
}

const mediaContainer: TlvSchema<MediaContainer> = tlvSchema<MediaContainer>({
  type: required(0x01, uint8),
  parameters: required(
    0x02,
    nested(
      tlvSchema<MediaContainer['parameters']>({
        fragmentLengthMs: required(0x01, uint32),
      }),
    ),
  ),
})

/** @see Secure Video R2 §3.9, video codec attributes */
export const videoAttributes: TlvSchema<VideoAttributes> = tlvSchema<VideoAttributes>({
  width: required(0x01, uint16),
  height: required(0x02, uint16),
  frameRate: required(0x03, uint8),
})

/** @see Secure Video R2 §3.8 */
export const supportedCameraRecordingConfiguration: TlvSchema<SupportedCameraRecordingConfiguration> =
  tlvSchema<SupportedCameraRecordingConfiguration>({
    prebufferLengthMs: required(0x01, uint32),
    eventTriggerOptions: required(0x02, uint64),
    mediaContainers: list(0x03, nested(mediaContainer)),
  })

/** @see Secure Video R2 §3.9 */
export const supportedVideoRecordingConfiguration: TlvSchema<SupportedVideoRecordingConfiguration> =
  tlvSchema<SupportedVideoRecordingConfiguration>({
    codecs: list(
      0x01,
      nested(
        tlvSchema<SupportedVideoCodec>({
          codec: required(0x01, uint8),
          parameters: required(
            0x02,
            nested(
              tlvSchema<SupportedVideoCodec['parameters']>({
                profiles: list(0x01, uint8),
                levels: list(0x02, uint8),
              }),
            ),
          ),
          attributes: list(0x03, nested(videoAttributes)),
        }),
      ),
    ),
  })

/** @see Secure Video R2 §3.10 */
export const supportedAudioRecordingConfiguration: TlvSchema<SupportedAudioRecordingConfiguration> =
  tlvSchema<SupportedAudioRecordingConfiguration>({
    codecs: list(
      0x01,
      nested(
        tlvSchema<SupportedAudioCodec>({
          codec: required(0x01, uint8),
          parameters: required(
            0x02,
            nested(
              tlvSchema<SupportedAudioCodec['parameters']>({
                channels: required(0x01, uint8),
                bitRateModes: list(0x02, uint8),
                sampleRates: list(0x03, uint8),
              }),
            ),
          ),
        }),
      ),
    ),
  })

type Selected = SelectedCameraRecordingConfiguration

/** @see Secure Video R2 §3.11 */
export const selectedCameraRecordingConfiguration: TlvSchema<Selected> = tlvSchema<Selected>({
  general: required(
    0x01,
    nested(
      tlvSchema<Selected['general']>({
        prebufferLengthMs: required(0x01, uint32),
        eventTriggerOptions: required(0x02, uint64),
        mediaContainer: required(0x03, nested(mediaContainer)),
      }),
    ),
  ),
  video: required(
    0x02,
    nested(
      tlvSchema<Selected['video']>({
        codec: required(0x01, uint8),
        parameters: required(
          0x02,
          nested(
            tlvSchema<Selected['video']['parameters']>({
              profile: required(0x01, uint8),
              level: required(0x02, uint8),
              bitRateKbps: required(0x03, uint32),
              iFrameIntervalMs: required(0x04, uint32),
            }),
          ),
        ),
        attributes: required(0x03, nested(videoAttributes)),
      }),
    ),
  ),
  audio: required(
    0x03,
    nested(
      tlvSchema<Selected['audio']>({
        codec: required(0x01, uint8),
        parameters: required(
          0x02,
          nested(
            tlvSchema<Selected['audio']['parameters']>({
              channels: required(0x01, uint8),
              bitRateMode: required(0x02, uint8),
              sampleRate: required(0x03, uint8),
              maxBitRateKbps: optional(0x04, uint32),
            }),
          ),
        ),
      }),
    ),
  ),
})
