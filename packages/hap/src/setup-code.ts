import type { CryptoProvider } from '@hksv/crypto'

import { utf8 } from './bytes.ts'
import { HapError } from './errors.ts'

declare function btoa(binary: string): string

const FORBIDDEN = new Set([
  '12345678',
  '87654321',
  ...Array.from({ length: 10 }, (_, digit) => `${digit}`.repeat(8)),
])

/**
 * Brings a setup code into the form `DDD-DD-DDD`, in which it is the SRP password. White
 * space and dashes may stand anywhere.
 *
 * @throws HapError `SETUP_CODE_FORMAT` unless there are eight digits.
 * @throws HapError `SETUP_CODE_FORBIDDEN` for the codes that HomeKit refuses.
 * @see HomeKit Accessory Protocol R2 §4.2.1
 */
export function parseSetupCode(text: string): string {
  const digits = text.replaceAll(/[\s-]/g, '')
  if (!/^\d{8}$/.test(digits)) throw new HapError('SETUP_CODE_FORMAT')
  if (FORBIDDEN.has(digits)) throw new HapError('SETUP_CODE_FORBIDDEN')
  return `${digits.slice(0, 3)}-${digits.slice(3, 5)}-${digits.slice(5)}`
}

/** @returns A random setup code that is not forbidden, each as likely as any other. */
export function generateSetupCode(random: (length: number) => Uint8Array): string {
  for (;;) {
    const digits = draw(random, '0123456789', 8)
    if (!FORBIDDEN.has(digits)) return parseSetupCode(digits)
  }
}

/** @returns Four characters of `0-9A-Z` that stay with the accessory for its life. */
export function generateSetupId(random: (length: number) => Uint8Array): string {
  return draw(random, '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', 4)
}

/** @returns A random device id, six bytes written `XX:XX:XX:XX:XX:XX`. */
export function generateDeviceId(random: (length: number) => Uint8Array): string {
  return [...random(6)].map(byte => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')
}

/**
 * The value of the TXT record's `sh`: the first four bytes of SHA-512(setupId | deviceId), base64.
 *
 * @see HomeKit Accessory Protocol R2 §6.4 (setup hash)
 */
export function setupHash(crypto: CryptoProvider, setupId: string, deviceId: string): string {
  const hash = crypto.sha512(utf8(setupId + deviceId.toUpperCase()))
  return btoa(String.fromCharCode(...hash.subarray(0, 4)))
}

/** Draws characters without bias: bytes beyond the last whole alphabet are thrown away. */
function draw(random: (length: number) => Uint8Array, alphabet: string, length: number): string {
  const limit = 256 - (256 % alphabet.length)
  let drawn = ''
  while (drawn.length < length) {
    for (const byte of random(length)) {
      if (byte < limit && drawn.length < length) drawn += alphabet[byte % alphabet.length]
    }
  }
  return drawn
}
