import type { StreamSealing } from '@hksv/hap'
import { type SrtpKey, srtpSuites } from '@hksv/media/live'

/**
 * What protects a live view, under the names of SDP, in the order of their numbers in the TLVs.
 * @see HomeKit Accessory Protocol R2 §9.103
 */
export const liveSuites = ['AES_CM_128_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80', 'none'] as const

/** What protects a live view, as SDP calls it. */
export type LiveSuite = (typeof liveSuites)[number]

/** @returns Whether what a viewer announced is of a suite, with key and salt of its lengths. */
export function isSealing(
  { cryptoSuite, masterKey, masterSalt }: StreamSealing,
  offered: readonly LiveSuite[],
): boolean {
  const suite = liveSuites[cryptoSuite]
  if (suite === undefined || !offered.includes(suite)) return false
  const { keyLength, saltLength } =
    suite === 'none' ? { keyLength: 0, saltLength: 0 } : srtpSuites[suite]
  return masterKey.length === keyLength && masterSalt.length === saltLength
}

/** @returns The key that was announced, in bytes of its own; nothing where nothing is protected. */
export function keyOf({ cryptoSuite, masterKey, masterSalt }: StreamSealing): SrtpKey | undefined {
  const suite = liveSuites[cryptoSuite]
  if (suite === undefined || suite === 'none') return undefined
  return { suite, key: Uint8Array.from(masterKey), salt: Uint8Array.from(masterSalt) }
}

/** A new key of the suite that the other side chose. */
export function newKey(
  { cryptoSuite }: StreamSealing,
  random: (length: number) => Uint8Array,
): SrtpKey | undefined {
  const suite = liveSuites[cryptoSuite]
  if (suite === undefined || suite === 'none') return undefined
  const { keyLength, saltLength } = srtpSuites[suite]
  return { suite, key: random(keyLength), salt: random(saltLength) }
}

/** What is announced of a key. */
export function sealingOf(key: SrtpKey | undefined): StreamSealing {
  return {
    cryptoSuite: liveSuites.indexOf(key?.suite ?? 'none'),
    masterKey: key?.key ?? new Uint8Array(0),
    masterSalt: key?.salt ?? new Uint8Array(0),
  }
}
