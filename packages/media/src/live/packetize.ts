import { lengthPrefixedNalUnits } from '../picture/length-prefixed.ts'
import { h264Payloads } from './h264-packetizer.ts'
import { h265Payloads } from './h265-packetizer.ts'
import type { RtpPayload } from './payload.ts'

/** How frames are put into packets. @see RFC 6184, RFC 7798, RFC 7587, RFC 3640 §3.3.6 */
export type LiveCodec = 'h264' | 'h265' | 'opus' | 'aac-eld'

interface PacketizedFrame {
  /** Video: NAL units behind lengths of 4 bytes. Audio: one packet of Opus, or one frame of AAC. */
  readonly data: Uint8Array
  /** Video: go before the units of the frame. */
  readonly parameterSets: readonly Uint8Array[]
}

/** AU-size has 13 bits in aac-hbr: longer frames cannot be told. */
const maxAacLength = 0x1fff

/**
 * Puts a frame into payloads of up to `maxLength` bytes.
 * @returns Nothing for a frame of audio that does not fit into one packet, or is empty.
 */
export function packetize(
  codec: LiveCodec,
  { data, parameterSets }: PacketizedFrame,
  maxLength: number,
): RtpPayload[] {
  switch (codec) {
    case 'h264':
      return h264Payloads([...parameterSets, ...lengthPrefixedNalUnits(data, 4)], maxLength)
    case 'h265':
      return h265Payloads([...parameterSets, ...lengthPrefixedNalUnits(data, 4)], maxLength)
    case 'opus':
      return data.length === 0 || data.length > maxLength ? [] : [[data]]
    case 'aac-eld':
      if (data.length === 0 || data.length > Math.min(maxAacLength, maxLength - 4)) return []
      // 16 bits of headers, which are one: 13 bits of AU-size and AU-Index 0.
      return [[Uint8Array.of(0, 16, data.length >> 5, (data.length << 3) & 0xff), data]]
  }
}
