/** An RTP packet: its header, and where its payload stands. */
export interface RtpPacket {
  /** 0 to 127, as in the SDP. */
  readonly payloadType: number
  /** For video: the last packet of a picture. */
  readonly isMarker: boolean
  /** 16 bits, wraps. */
  readonly sequenceNumber: number
  /** 32 bits at the clock rate of the payload type, wraps. */
  readonly timestamp: number
  /** Synchronization source, 32 bits. */
  readonly ssrc: number
  /** The bytes it was read from; not a copy. */
  readonly bytes: Uint8Array
  /** The payload is `bytes` from here… */
  readonly payloadStart: number
  /** …to here; nothing when both are equal. */
  readonly payloadEnd: number
}

const headerLength = 12

/**
 * Reads an RTP packet: 12 bytes of header, CSRC identifiers, an extension, the payload, padding. The
 * payload is not copied and no view is made of it, because this happens for each packet.
 * @returns Nothing when the version is not 2, or a part ends behind the packet.
 * @see RFC 3550 §5.1, §5.3.1
 */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket | undefined {
  const length = bytes.length
  if (length < headerLength) return undefined
  const flags = byteAt(bytes, 0)
  if (flags >> 6 !== 2) return undefined
  let payloadStart = headerLength + 4 * (flags & 0x0f)
  if ((flags & 0x10) !== 0) {
    if (payloadStart + 4 > length) return undefined
    payloadStart += 4 + 4 * uint16At(bytes, payloadStart + 2)
  }
  // The last byte counts the padding, itself included.
  const padding = (flags & 0x20) === 0 ? 0 : byteAt(bytes, length - 1)
  const payloadEnd = length - padding
  if (payloadStart > payloadEnd || ((flags & 0x20) !== 0 && padding === 0)) return undefined
  const type = byteAt(bytes, 1)
  return {
    payloadType: type & 0x7f,
    isMarker: type >= 0x80,
    sequenceNumber: uint16At(bytes, 2),
    timestamp: uint32At(bytes, 4),
    ssrc: uint32At(bytes, 8),
    bytes,
    payloadStart,
    payloadEnd,
  }
}

/**
 * Tells RTCP from RTP where both may come on one channel: the types 192 to 223 are RTCP's.
 * @see RFC 5761 §4
 */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = byteAt(bytes, 1)
  return type >= 192 && type <= 223
}

/** @returns The byte at `offset`, 0 behind the end. */
export function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0
}

/** @returns The unsigned 16-bit number at `offset`. */
export function uint16At(bytes: Uint8Array, offset: number): number {
  return (byteAt(bytes, offset) << 8) | byteAt(bytes, offset + 1)
}

/** @returns The unsigned 32-bit number at `offset`. */
export function uint32At(bytes: Uint8Array, offset: number): number {
  return ((uint16At(bytes, offset) << 16) | uint16At(bytes, offset + 2)) >>> 0
}

/** Reads up to 24 bits, the most significant first; 0 behind the end. */
export function bitsAt(bytes: Uint8Array, bit: number, count: number): number {
  const at = bit >> 3
  const word = (uint16At(bytes, at) << 16) | uint16At(bytes, at + 2)
  return count === 0 ? 0 : (word << (bit & 7)) >>> (32 - count)
}
