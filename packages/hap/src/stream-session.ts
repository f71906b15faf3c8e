import {
  bytes,
  float32,
  nested,
  optional,
  required,
  type TlvSchema,
  tlvSchema,
  uint8,
  uint16,
  uint32,
  utf8,
} from '@hksv/tlv8'

import { type VideoAttributes, videoAttributes } from './recording-configuration.ts'

// The TLVs of one live view: where its packets go and how they are sealed (118), and what is sent (117).

/** Bytes of the number that a controller gives a live view. */
const SESSION_ID_LENGTH = 16
/** The longest text of an IPv6 address with a scope. */
const MAX_ADDRESS_LENGTH = 64

/** Where one side receives. */
export interface StreamAddress {
  /** 0 IPv4, 1 IPv6. */
  version: number
  /** The address as text. */
  address: string
  videoPort: number
  audioPort: number
}

/** With what one side seals what it sends. Never log it. */
export interface StreamSealing {
  /** 0 AES_CM_128_HMAC_SHA1_80, 1 AES_256_CM_HMAC_SHA1_80, 2 none. */
  cryptoSuite: number
  /** 16 or 32 bytes by the suite; none without one. */
  masterKey: Uint8Array
  /** 14 bytes; none without a suite. */
  masterSalt: Uint8Array
}

/** What a controller writes to characteristic 118. @see HomeKit Accessory Protocol R2 chapter 9 */
export interface SetupEndpointsRequest {
  /** 16 bytes. */
  sessionId: Uint8Array
  controllerAddress: StreamAddress
  videoSealing: StreamSealing
  audioSealing: StreamSealing
}

/** What characteristic 118 reads after that. @see HomeKit Accessory Protocol R2 chapter 9 */
export interface SetupEndpointsResponse {
  /** 16 bytes, the request's. */
  sessionId: Uint8Array
  /** 0 success, 1 busy, 2 error: with these two nothing follows. */
  status: number
  accessoryAddress?: StreamAddress
  videoSealing?: StreamSealing
  audioSealing?: StreamSealing
  /** Of the packets that the accessory sends. */
  videoSsrc?: number
  audioSsrc?: number
}

/** Which live view, and what becomes of it. */
export interface StreamControl {
  /** 16 bytes. */
  sessionId: Uint8Array
  /** One of {@link streamCommand}. */
  command: number
}

/** What characteristic 117 asks for. @see HomeKit Accessory Protocol R2 chapter 9 */
export const streamCommand = { end: 0, start: 1, suspend: 2, resume: 3, reconfigure: 4 } as const

/** The pictures of a live view. A reconfiguration has the last two alone. */
export interface SelectedVideoStream {
  /** 0 H.264. */
  codec?: number
  parameters?: {
    profile: number
    level: number
    /** 0 non-interleaved. */
    packetizationMode?: number
    /** 1 when the orientation is sent along. */
    cvoEnabled?: number
    /** Of the header extension that has the orientation, 1 to 14. */
    cvoId?: number
  }
  attributes?: VideoAttributes
  rtp?: {
    payloadType?: number
    /** Of the packets that the controller sends. */
    ssrc?: number
    /** Largest bit rate in kbit/s. */
    maxBitRateKbps: number
    /** Seconds; 0 leaves it to the accessory. */
    minRtcpIntervalSeconds: number
    /** Bytes of the largest IP datagram. */
    maxMtu?: number
  }
}

/** The sound of a live view. */
export interface SelectedAudioStream {
  /** 2 AAC-ELD, 3 Opus. */
  codec: number
  parameters: {
    channels: number
    /** 0 variable, 1 constant. */
    bitRateMode: number
    /** 0 8 kHz, 1 16 kHz, 2 24 kHz. */
    sampleRate: number
    /** Milliseconds of sound in a packet. */
    packetTimeMs: number
  }
  rtp: {
    payloadType: number
    /** Of the packets that the controller sends. */
    ssrc: number
    /** Largest bit rate in kbit/s. */
    maxBitRateKbps: number
    /** Seconds; 0 leaves it to the accessory. */
    minRtcpIntervalSeconds: number
    comfortNoisePayloadType?: number
  }
  /** 1 when comfort noise is wanted. */
  comfortNoise?: number
}

/** What a controller writes to characteristic 117. @see HomeKit Accessory Protocol R2 chapter 9 */
export interface SelectedRtpStreamConfiguration {
  control: StreamControl
  /** With start and reconfigure. */
  video?: SelectedVideoStream
  /** With start. */
  audio?: SelectedAudioStream
}

const sessionId = bytes({ length: SESSION_ID_LENGTH })

const streamAddress: TlvSchema<StreamAddress> = tlvSchema<StreamAddress>({
  version: required(0x01, uint8),
  address: required(0x02, utf8({ max: MAX_ADDRESS_LENGTH })),
  videoPort: required(0x03, uint16),
  audioPort: required(0x04, uint16),
})

const streamSealing: TlvSchema<StreamSealing> = tlvSchema<StreamSealing>({
  cryptoSuite: required(0x01, uint8),
  masterKey: required(0x02, bytes({ max: 32 })),
  masterSalt: required(0x03, bytes({ max: 14 })),
})

/** Reads and writes what is written to 118. @see HomeKit Accessory Protocol R2 chapter 9 */
export const setupEndpointsRequest: TlvSchema<SetupEndpointsRequest> =
  tlvSchema<SetupEndpointsRequest>({
    sessionId: required(0x01, sessionId),
    controllerAddress: required(0x03, nested(streamAddress)),
    videoSealing: required(0x04, nested(streamSealing)),
    audioSealing: required(0x05, nested(streamSealing)),
  })

/** Reads and writes what is read of 118. @see HomeKit Accessory Protocol R2 chapter 9 */
export const setupEndpointsResponse: TlvSchema<SetupEndpointsResponse> =
  tlvSchema<SetupEndpointsResponse>({
    sessionId: required(0x01, sessionId),
    status: required(0x02, uint8),
    accessoryAddress: optional(0x03, nested(streamAddress)),
    videoSealing: optional(0x04, nested(streamSealing)),
    audioSealing: optional(0x05, nested(streamSealing)),
    videoSsrc: optional(0x06, uint32),
    audioSsrc: optional(0x07, uint32),
  })

type VideoParameters = NonNullable<SelectedVideoStream['parameters']>
type VideoRtp = NonNullable<SelectedVideoStream['rtp']>

const selectedVideo: TlvSchema<SelectedVideoStream> = tlvSchema<SelectedVideoStream>({
  codec: optional(0x01, uint8),
  parameters: optional(
    0x02,
    nested(
      tlvSchema<VideoParameters>({
        profile: required(0x01, uint8),
        level: required(0x02, uint8),
        packetizationMode: optional(0x03, uint8),
        cvoEnabled: optional(0x04, uint8),
        cvoId: optional(0x05, uint8),
      }),
    ),
  ),
  attributes: optional(0x03, nested(videoAttributes)),
  rtp: optional(
    0x04,
    nested(
      tlvSchema<VideoRtp>({
        payloadType: optional(0x01, uint8),
        ssrc: optional(0x02, uint32),
        maxBitRateKbps: required(0x03, uint16),
        minRtcpIntervalSeconds: required(0x04, float32),
        maxMtu: optional(0x05, uint16),
      }),
    ),
  ),
})

const selectedAudio: TlvSchema<SelectedAudioStream> = tlvSchema<SelectedAudioStream>({
  codec: required(0x01, uint8),
  parameters: required(
    0x02,
    nested(
      tlvSchema<SelectedAudioStream['parameters']>({
        channels: required(0x01, uint8),
        bitRateMode: required(0x02, uint8),
        sampleRate: required(0x03, uint8),
        packetTimeMs: required(0x04, uint8),
      }),
    ),
  ),
  rtp: required(
    0x03,
    nested(
      tlvSchema<SelectedAudioStream['rtp']>({
        payloadType: required(0x01, uint8),
        ssrc: required(0x02, uint32),
        maxBitRateKbps: required(0x03, uint16),
        minRtcpIntervalSeconds: required(0x04, float32),
        comfortNoisePayloadType: optional(0x06, uint8),
      }),
    ),
  ),
  comfortNoise: optional(0x04, uint8),
})

/** Reads and writes characteristic 117. @see HomeKit Accessory Protocol R2 chapter 9 */
export const selectedRtpStreamConfiguration: TlvSchema<SelectedRtpStreamConfiguration> =
  tlvSchema<SelectedRtpStreamConfiguration>({
    control: required(
      0x01,
      nested(
        tlvSchema<StreamControl>({
          sessionId: required(0x01, sessionId),
          command: required(0x02, uint8),
        }),
      ),
    ),
    video: optional(0x02, nested(selectedVideo)),
    audio: optional(0x03, nested(selectedAudio)),
  })
