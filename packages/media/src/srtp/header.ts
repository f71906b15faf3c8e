import { byteAt, uint16At } from '../rtp/packet.ts'

/**
 * Finds the part of an RTP packet that is encrypted: behind the CSRCs and the extension, padding included.
 * @returns Where it begins; nothing when that is not within `length` bytes, or the version is not 2.
 * @see RFC 3711 §3.1
 */
export function rtpPayloadStart(bytes: Uint8Array, length: number): number | undefined {
  if (length < 12 || length > bytes.length) return undefined
  const flags = byteAt(bytes, 0)
  if (flags >> 6 !== 2) return undefined
  let start = 12 + 4 * (flags & 0x0f)
  if ((flags & 0x10) !== 0) {
    if (start + 4 > length) return undefined
    start += 4 + 4 * uint16At(bytes, start + 2)
  }
  return start <= length ? start : undefined
}
