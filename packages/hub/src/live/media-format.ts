import { writeAudioSpecificConfig } from '@hksv/fmp4'
import { type RtpFormat, rtpFormat } from '@hksv/media/rtp'

import type { LiveChoice } from './choose-stream.ts'

const VIDEO_CLOCK_RATE = 90_000
const AAC_ELD = 39
const AAC_ELD_FRAME_LENGTH = 480

/** How the pictures of a live view are packed: their parameter sets come with them. */
export function videoFormat(payloadType: number): RtpFormat {
  const common = { payloadType, clockRate: VIDEO_CLOCK_RATE, parameterSets: [] }
  return { kind: 'video', codec: 'h264', ...common }
}

/**
 * How the sound of a live view is packed. HomeKit counts Opus at the rate that was negotiated.
 *
 * @see observed: go2rtc `pkg/opus/homekit.go`
 */
export function audioFormat(
  audio: NonNullable<LiveChoice['audio']>,
  payloadType: number,
): RtpFormat {
  const { codec, sampleRate } = audio
  if (codec === 'opus')
    return { kind: 'audio', codec, payloadType, clockRate: sampleRate, channels: 1 }
  const config = Buffer.from(
    writeAudioSpecificConfig({
      ...{ objectType: AAC_ELD, sampleRate, channels: 1 },
      frameLength: AAC_ELD_FRAME_LENGTH,
    }),
  ).toString('hex')
  const format = rtpFormat({
    payloadType,
    rtpmap: `mpeg4-generic/${sampleRate}`,
    fmtp: `mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=${config}`,
  })
  if (format === undefined) throw new RangeError(`no AAC-ELD at ${sampleRate} Hz`)
  return format
}
