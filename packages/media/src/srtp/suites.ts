/** Lengths of the parts of a key, in bytes. */
export interface SuiteLengths {
  readonly keyLength: number
  readonly saltLength: number
  /** Of the authentication tag behind each packet. */
  readonly tagLength: number
}

/**
 * The crypto suites that HomeKit knows, under the names of SDP.
 * @see RFC 4568 §6.2, RFC 6188 §4
 */
export const srtpSuites: Readonly<
  Record<'AES_CM_128_HMAC_SHA1_80' | 'AES_256_CM_HMAC_SHA1_80', SuiteLengths>
> = {
  AES_CM_128_HMAC_SHA1_80: { keyLength: 16, saltLength: 14, tagLength: 10 },
  AES_256_CM_HMAC_SHA1_80: { keyLength: 32, saltLength: 14, tagLength: 10 },
}

/** A name in {@link srtpSuites}. */
export type SrtpSuite = keyof typeof srtpSuites

/** What a side announced that it protects its packets with. */
export interface SrtpKey {
  readonly suite: SrtpSuite
  /** Master key: 16 or 32 bytes. */
  readonly key: Uint8Array
  /** Master salt: 14 bytes. */
  readonly salt: Uint8Array
}

/** Bytes that SRTCP adds to a packet beside the tag: the E flag and 31 bits of index. */
export const srtcpIndexLength = 4

/** @returns How much longer protected RTP packets are; 0 without a key. */
export function srtpOverhead(key: SrtpKey | undefined): number {
  return key === undefined ? 0 : srtpSuites[key.suite].tagLength
}
