import { byteAt } from '../rtp/packet.ts'
import {
  behindLengths,
  fragments,
  type NalPacking,
  nalPayloads,
  type RtpPayload,
} from './payload.ts'

const types = { aggregation: 48, fragmentation: 49 } as const

const packing: NalPacking = { headerLength: 2, aggregate, fragment }

/**
 * Packs the NAL units of a picture, without DONL fields: alone, several that fit (AP), or one in parts (FU).
 * @see RFC 7798 §4.4
 */
export function h265Payloads(nals: readonly Uint8Array[], maxLength: number): RtpPayload[] {
  return nalPayloads(nals, maxLength, packing)
}

/** Its header has the lowest layer and the lowest temporal layer of the units. @see RFC 7798 §4.4.2 */
function aggregate(nals: readonly Uint8Array[]): RtpPayload {
  let forbidden = 0
  let layer = 0x3f
  let temporal = 7
  for (const nal of nals) {
    const [first, second] = [byteAt(nal, 0), byteAt(nal, 1)]
    forbidden |= first & 0x80
    layer = Math.min(layer, ((first & 1) << 5) | (second >> 3))
    temporal = Math.min(temporal, second & 7)
  }
  const first = forbidden | (types.aggregation << 1) | (layer >> 5)
  return [Uint8Array.of(first, ((layer & 0x1f) << 3) | temporal), ...behindLengths(nals)]
}

function fragment(nal: Uint8Array, maxLength: number): RtpPayload[] {
  const first = byteAt(nal, 0)
  const payloadHeader = (first & 0x81) | (types.fragmentation << 1)
  return fragments(nal.subarray(2), maxLength, 3, flags =>
    Uint8Array.of(payloadHeader, byteAt(nal, 1), flags | ((first >> 1) & 0x3f)),
  )
}
