import { HdsError } from './errors.ts'

// A frame: type 01, payload length (3 bytes, big-endian, tag excluded), ciphertext, 16-byte tag.
// The first four bytes are the additional data.

/** Bytes before the ciphertext. */
export const FRAME_HEADER_LENGTH = 4
/** Bytes after the ciphertext. */
export const FRAME_TAG_LENGTH = 16
/**
 * The longest payload to send: hubs refuse frames of 1 MiB and more.
 *
 * @see observed: Apple home hub
 */
export const MAX_SENT_PAYLOAD_LENGTH = 0xf_ffeb
/**
 * The longest payload anybody sends.
 *
 * @see observed: HAP-NodeJS 1.2.0
 */
export const MAX_PAYLOAD_LENGTH = 0xf_ffff

/** Header length, an empty header's tag, an empty message's tag. */
const MIN_PAYLOAD_LENGTH = 3
const FRAME_TYPE = 0x01

/**
 * @param header The first 4 bytes of a frame.
 * @returns The payload's length in bytes.
 * @throws HdsError HDS_FRAME_TYPE, HDS_FRAME_TOO_LONG, HDS_FRAME_TOO_SHORT.
 */
export function payloadLength(header: Uint8Array, maxPayloadLength: number): number {
  const [type, high = 0, middle = 0, low = 0] = header
  if (type !== FRAME_TYPE) throw new HdsError('HDS_FRAME_TYPE', { detail: `type ${type}` })
  const length = high * 0x1_0000 + middle * 0x100 + low
  if (length > maxPayloadLength) {
    throw new HdsError('HDS_FRAME_TOO_LONG', { detail: `${length} bytes` })
  }
  if (length < MIN_PAYLOAD_LENGTH) {
    throw new HdsError('HDS_FRAME_TOO_SHORT', { detail: `${length} bytes` })
  }
  return length
}

/** @throws RangeError beyond {@link MAX_SENT_PAYLOAD_LENGTH}. */
export function frameHeader(length: number): Uint8Array {
  if (length > MAX_SENT_PAYLOAD_LENGTH) {
    throw new RangeError(`a data stream payload has at most ${MAX_SENT_PAYLOAD_LENGTH} bytes`)
  }
  return Uint8Array.of(FRAME_TYPE, length >>> 16, (length >>> 8) & 0xff, length & 0xff)
}

/** @returns The 12-byte nonce: four zero bytes, then the frame's number, little-endian. */
export function frameNonce(counter: bigint): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, counter, true)
  return nonce
}
