import { FrameCollector, type FrameReader, type FrameSink } from './frame-sink.ts'
import { bitsAt, byteAt, type RtpPacket, uint16At } from './packet.ts'
import type { AacFormat } from './rtp-format.ts'

type Packing = Extract<AacFormat['packing'], { type: 'mpeg4-generic' }>

/**
 * Reads the frames of MPEG4-GENERIC packets: AU headers with their sizes, then one or more frames, or a
 * part of one. A packet of ADTS frames without AU headers is understood, and an ADTS header in front of
 * a frame is left out: some cameras send them.
 * @see RFC 3640 §3.2, §3.3.5, §3.3.6
 */
export class AacReader implements FrameReader {
  readonly #packing: Packing
  readonly #part = new FrameCollector()
  /** Bytes of the frame that is collected, as each part of it says. */
  #partSize = 0

  constructor(packing: Packing) {
    this.#packing = packing
  }

  receive(packet: RtpPacket, isAfterGap: boolean, sink: FrameSink): void {
    const { bytes, payloadStart: start, payloadEnd: end } = packet
    if (isAfterGap) this.#part.forget()
    if (readAdts(bytes, start, end, sink)) return
    const { sizeLength, indexLength, indexDeltaLength } = this.#packing
    if (sizeLength === 0) {
      withoutAdts(bytes, start, end, sink)
      return
    }
    const headerBits = uint16At(bytes, start)
    let at = start + 2 + ((headerBits + 7) >> 3)
    let bit = 8 * (start + 2)
    const lastBit = bit + headerBits
    if (at > end) return
    for (let isFirst = true; ; isFirst = false) {
      const length = sizeLength + (isFirst ? indexLength : indexDeltaLength)
      if (bit + length > lastBit) return
      const size = bitsAt(bytes, bit, sizeLength)
      bit += length
      const isOnly = isFirst && bit + sizeLength + indexDeltaLength > lastBit
      if (at + size > end) {
        if (isOnly) this.#collect(packet, at, size, sink)
        return
      }
      withoutAdts(bytes, at, at + size, sink)
      at += size
    }
  }

  /** Takes a part of a frame; every part says how large the frame is. */
  #collect(packet: RtpPacket, start: number, size: number, sink: FrameSink): void {
    const part = this.#part
    const { timestamp, bytes, payloadEnd } = packet
    if (!part.isOpenAt(timestamp) || this.#partSize !== size) part.begin(timestamp)
    this.#partSize = size
    if (!part.append(bytes, start, payloadEnd) || part.byteLength < size) return
    withoutAdts(part.bytes, 0, size, sink)
    part.forget()
  }
}

/** Reads a payload that is nothing but ADTS frames. @returns Whether it is. */
function readAdts(bytes: Uint8Array, start: number, end: number, sink: FrameSink): boolean {
  let at = start
  while (at < end) {
    const length = adtsLength(bytes, at, end)
    if (length === 0 || at + length > end) return false
    at += length
  }
  for (at = start; at < end; ) {
    const length = adtsLength(bytes, at, end)
    sink(bytes, at + adtsHeaderLength(bytes, at), at + length)
    at += length
  }
  return true
}

/**
 * Hands on a frame without its ADTS header, if it has one. No frame begins like a header: what does, and
 * is none that can be left out, is dropped.
 */
function withoutAdts(bytes: Uint8Array, start: number, end: number, sink: FrameSink): void {
  if (!isAdts(bytes, start)) {
    if (start < end) sink(bytes, start, end)
  } else if (adtsLength(bytes, start, end) === end - start)
    sink(bytes, start + adtsHeaderLength(bytes, start), end)
}

/** Whether an ADTS header begins here: 12 bits of sync, and layer 0. */
function isAdts(bytes: Uint8Array, at: number): boolean {
  return byteAt(bytes, at) === 0xff && (byteAt(bytes, at + 1) & 0xf6) === 0xf0
}

/** @returns The length that an ADTS header announces, itself included; 0 where there is none. */
function adtsLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 7 > end || !isAdts(bytes, at)) return 0
  const length = bitsAt(bytes, 8 * at + 30, 13)
  // One raw data block: more cannot be told apart.
  const hasOneBlock = (byteAt(bytes, at + 6) & 3) === 0
  return hasOneBlock && length > adtsHeaderLength(bytes, at) ? length : 0
}

/** 7 bytes, or 9 with a checksum. */
function adtsHeaderLength(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at + 1) & 1) === 1 ? 7 : 9
}
