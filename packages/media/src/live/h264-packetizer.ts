import { byteAt } from '../rtp/packet.ts'
import {
  behindLengths,
  fragments,
  type NalPacking,
  nalPayloads,
  type RtpPayload,
} from './payload.ts'

const types = { stapA: 24, fuA: 28 } as const

const packing: NalPacking = { headerLength: 1, aggregate, fragment }

/**
 * Packs the NAL units of a picture in the non-interleaved mode: alone, several that fit (STAP-A), or one
 * in parts (FU-A).
 * @see RFC 6184 §5.6 to §5.8, §6.3
 */
export function h264Payloads(nals: readonly Uint8Array[], maxLength: number): RtpPayload[] {
  return nalPayloads(nals, maxLength, packing)
}

/** Its header is as important as the most important unit, and forbidden if one is. */
function aggregate(nals: readonly Uint8Array[]): RtpPayload {
  let importance = 0
  let forbidden = 0
  for (const nal of nals) {
    importance = Math.max(importance, byteAt(nal, 0) & 0x60)
    forbidden |= byteAt(nal, 0) & 0x80
  }
  return [Uint8Array.of(forbidden | importance | types.stapA), ...behindLengths(nals)]
}

function fragment(nal: Uint8Array, maxLength: number): RtpPayload[] {
  const header = byteAt(nal, 0)
  const indicator = (header & 0xe0) | types.fuA
  return fragments(nal.subarray(1), maxLength, 2, flags =>
    Uint8Array.of(indicator, flags | (header & 0x1f)),
  )
}
