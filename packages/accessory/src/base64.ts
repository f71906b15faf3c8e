/** Bytes as characteristics of the formats tlv8 and data carry them. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
