import type { NalSink } from './nal-sink.ts'
import { byteAt, type RtpPacket, uint16At } from './packet.ts'

const types = { stapA: 24, stapB: 25, fuA: 28, fuB: 29 } as const

/**
 * Reads the payload of an H.264 packet: a NAL unit, several in one (STAP-A), or a part of one (FU-A).
 * The types of the interleaved mode, which no camera uses, damage the picture.
 *
 * A fragmented unit also ends where another unit begins: some senders never mark the last fragment, and
 * that none is missing is known from the sequence numbers.
 * @see RFC 6184 §5.2 to §5.8
 */
export function readH264Payload(packet: RtpPacket, sink: NalSink): void {
  const { bytes, payloadStart: start, payloadEnd: end } = packet
  if (start >= end) return
  const indicator = byteAt(bytes, start)
  const type = indicator & 0x1f
  if (type === types.fuA) readFragment(packet, indicator, sink)
  else if (type === types.stapA) readAggregate(bytes, start + 1, end, sink)
  else if (type >= types.stapB && type <= types.fuB) sink.damage()
  else {
    sink.endUnit()
    sink.unit(bytes, start, end)
  }
}

function readFragment(packet: RtpPacket, indicator: number, sink: NalSink): void {
  const { bytes, payloadStart: start, payloadEnd: end } = packet
  const header = byteAt(bytes, start + 1)
  if ((header & 0x80) !== 0) {
    sink.endUnit()
    sink.beginUnit((indicator & 0xe0) | (header & 0x1f))
  }
  // A header alone, or a part of a unit whose beginning is not there.
  if (start + 2 > end || !sink.isUnitOpen) {
    sink.damage()
    return
  }
  sink.appendToUnit(bytes, start + 2, end)
  if ((header & 0x40) !== 0) sink.endUnit()
}

/**
 * Reads NAL units behind their lengths in two bytes; used by H.265 too. What is cut short damages the
 * picture.
 */
export function readAggregate(bytes: Uint8Array, start: number, end: number, sink: NalSink): void {
  sink.endUnit()
  for (let at = start; at < end; ) {
    const unitStart = at + 2
    at = unitStart + uint16At(bytes, at)
    if (unitStart > end || at > end) {
      sink.damage()
      return
    }
    sink.unit(bytes, unitStart, at)
  }
}
