import { list, nested, required, type TlvSchema, tlvSchema, uint8, uint16 } from '@hksv/tlv8'

interface VideoAttributes {
  readonly width: number
  readonly height: number
  readonly frameRate: number
}

interface VideoCodec {
  readonly codec: number
  readonly parameters: { readonly profiles: readonly number[]; readonly levels: readonly number[] }
  readonly attributes: readonly VideoAttributes[]
}

export interface SupportedVideoRecordingConfiguration {
  readonly codecs: readonly VideoCodec[]
}

const videoAttributes: TlvSchema<VideoAttributes> = tlvSchema<VideoAttributes>({
  width: required(0x01, uint16),
  height: required(0x02, uint16),
  frameRate: required(0x03, uint8),
})

const videoParameters = tlvSchema<VideoCodec['parameters']>({
  profiles: list(0x01, uint8),
  levels: list(0x02, uint8),
})

const videoCodec = tlvSchema<VideoCodec>({
  codec: required(0x01, uint8),
  parameters: required(0x02, nested(videoParameters)),
  attributes: list(0x03, nested(videoAttributes)),
})

/** What a camera can record. @see HomeKit Secure Video R2, SupportedVideoRecordingConfiguration */
export const supportedVideo: TlvSchema<SupportedVideoRecordingConfiguration> =
  tlvSchema<SupportedVideoRecordingConfiguration>({ codecs: list(0x01, nested(videoCodec)) })

/** All sizes in the value of a characteristic, as "1920x1080@30". */
export function sizes(base64: string): string[] {
  const { codecs } = supportedVideo.decodeLenient(Buffer.from(base64, 'base64'))
  return codecs
    .flatMap(({ attributes }) => attributes)
    .map(({ width, height, frameRate }) => `${width}x${height}@${frameRate}`)
}
