import { readAggregate } from './h264-payload.ts'
import type { NalSink } from './nal-sink.ts'
import { byteAt, type RtpPacket } from './packet.ts'

const types = { aggregation: 48, fragmentation: 49, paci: 50 } as const

/**
 * Reads the payload of an H.265 packet: a NAL unit, several in one (AP), or a part of one (FU), all
 * without DONL fields. A PACI packet damages the picture.
 * @see RFC 7798 §4.4
 */
export function readH265Payload(packet: RtpPacket, sink: NalSink): void {
  const { bytes, payloadStart: start, payloadEnd: end } = packet
  if (start >= end) return
  const type = (byteAt(bytes, start) >> 1) & 0x3f
  if (type === types.fragmentation) readFragment(packet, sink)
  else if (type === types.aggregation) readAggregate(bytes, start + 2, end, sink)
  else if (type === types.paci) sink.damage()
  else {
    sink.endUnit()
    sink.unit(bytes, start, end)
  }
}

function readFragment(packet: RtpPacket, sink: NalSink): void {
  const { bytes, payloadStart: start, payloadEnd: end } = packet
  const header = byteAt(bytes, start + 2)
  if ((header & 0x80) !== 0) {
    sink.endUnit()
    const headerFirst = (byteAt(bytes, start) & 0x81) | ((header & 0x3f) << 1)
    sink.beginUnit(headerFirst, byteAt(bytes, start + 1))
  }
  // A header alone, or a part of a unit whose beginning is not there.
  if (start + 3 > end || !sink.isUnitOpen) {
    sink.damage()
    return
  }
  sink.appendToUnit(bytes, start + 3, end)
  if ((header & 0x40) !== 0) sink.endUnit()
}
