import { FrameCollector, type FrameReader, type FrameSink, maxFrameBytes } from './frame-sink.ts'
import { bitsAt, byteAt, type RtpPacket } from './packet.ts'

const lowComplexity = 2

/**
 * Reads the AudioSpecificConfig in a StreamMuxConfig: 1 bit version (0), 1 bit, 6 bits of frames less one,
 * 4 bits of programs less one, 3 bits of layers less one, then the AudioSpecificConfig.
 * @returns Nothing for more than one program or layer, or for other AAC than LC, whose configuration has 16 bits.
 * @see ISO/IEC 14496-3 §1.7.3.1
 */
export function parseStreamMuxConfig(bytes: Uint8Array): Uint8Array | undefined {
  const isSimple = bitsAt(bytes, 0, 2) === 1 && bitsAt(bytes, 8, 7) === 0
  // The AudioSpecificConfig, then 3 bits frameLengthType 0: the length of each frame is told.
  const isFrameLengthTold = bitsAt(bytes, 31, 3) === 0
  if (bytes.length < 5 || !isSimple || !isFrameLengthTold) return undefined
  const config = bitsAt(bytes, 15, 16)
  // The last bits are flags, of a core coder and an extension, that would make it longer.
  if (config >> 11 !== lowComplexity || (config & 3) !== 0) return undefined
  return Uint8Array.of(config >> 8, config & 0xff)
}

/**
 * Reads the frames of MP4A-LATM packets: each behind its length, in bytes of 255 and a last one. An
 * AudioMuxElement may be spread over packets of one timestamp, of which the last is marked.
 * @see RFC 6416 §6, ISO/IEC 14496-3 §1.7.3.1
 */
export class LatmReader implements FrameReader {
  readonly #part = new FrameCollector()

  receive(packet: RtpPacket, isAfterGap: boolean, sink: FrameSink): void {
    const { bytes, payloadStart: start, payloadEnd: end, timestamp } = packet
    const part = this.#part
    if (isAfterGap || !part.isOpenAt(timestamp)) part.forget()
    if (part.byteLength === 0) {
      if (readElements(bytes, start, end, sink) || packet.isMarker) return
      part.begin(timestamp)
    }
    if (!part.append(bytes, start, end)) return
    if (readElements(part.bytes, 0, part.byteLength, sink) || packet.isMarker) part.forget()
  }
}

/** Reads frames, if the bytes are whole ones. @returns Whether they are. */
function readElements(bytes: Uint8Array, start: number, end: number, sink: FrameSink): boolean {
  let isReading = false
  for (;;) {
    for (let at = start; at < end; ) {
      let length = 0
      let byte = 255
      while (byte === 255 && at < end && length <= maxFrameBytes) {
        byte = byteAt(bytes, at++)
        length += byte
      }
      if (byte === 255 || at + length > end) return false
      if (isReading && length > 0) sink(bytes, at, at + length)
      at += length
    }
    if (isReading) return true
    isReading = true
  }
}
