/** Of the polynomial 0x04c11db7, most significant bit first. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0)
  return value
})

/**
 * @returns The checksum of an Ogg page whose own field for it holds 0.
 * @see RFC 3533 §6 (CRC checksum)
 */
export function oggCrc(page: Uint8Array): number {
  let crc = 0
  for (const byte of page) crc = (crc << 8) ^ (table[(crc >>> 24) ^ byte] ?? 0)
  return crc >>> 0
}
