/** Bytes of a ChaCha20-Poly1305 nonce. */
export const NONCE_LENGTH = 12
/** Bytes of a Poly1305 tag. */
export const TAG_LENGTH = 16

/** 255 blocks of SHA-512. @see RFC 5869 §2.3 */
const MAX_HKDF_LENGTH = 255 * 64
/** The limit of node:crypto, kept by both backends. */
const MAX_HKDF_INFO = 1024

/** @throws RangeError unless `bytes` has `length` bytes. */
export function checkLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new RangeError(`${what} has ${length} bytes`)
}

/** @throws RangeError as `CryptoProvider.hkdfSha512` says. */
export function checkHkdf(info: Uint8Array | string, length: number): void {
  if (!Number.isInteger(length) || length < 0 || length > MAX_HKDF_LENGTH) {
    throw new RangeError(`HKDF-SHA-512 derives 0 to ${MAX_HKDF_LENGTH} bytes`)
  }
  if (info.length > MAX_HKDF_INFO) throw new RangeError('the info is longer than 1024 bytes')
}

/** @throws RangeError unless `length` is an integer of 0 or more. */
export function checkRandom(length: number): void {
  if (!Number.isInteger(length) || length < 0) throw new RangeError(`${length} is no length`)
}
