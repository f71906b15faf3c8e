import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto'

import { type SrtpKey, srtpSuites } from './suites.ts'

/** Of the keys that are made of one master key. @see RFC 3711 §4.3.2 */
const labels = {
  rtp: { cipher: 0, authentication: 1, salt: 2 },
  rtcp: { cipher: 3, authentication: 4, salt: 5 },
} as const

const authenticationKeyLength = 20

/** What protects the packets of RTP, or those of RTCP. */
export interface SessionKeys {
  /** Name of the cipher for `node:crypto`. */
  readonly algorithm: 'aes-128-ctr' | 'aes-256-ctr'
  readonly cipherKey: KeyObject
  readonly authenticationKey: KeyObject
  /** 14 bytes. */
  readonly salt: Uint8Array
}

/**
 * Makes the session keys of a master key that is never renewed (key derivation rate 0).
 * @throws RangeError for a key or salt of another length than the suite has.
 * @see RFC 3711 §4.3, RFC 6188 §3
 */
export function sessionKeys(master: SrtpKey, protocol: 'rtp' | 'rtcp'): SessionKeys {
  const { keyLength, saltLength } = srtpSuites[master.suite]
  if (master.key.length !== keyLength || master.salt.length !== saltLength)
    throw new RangeError(
      `${master.suite} has a key of ${keyLength} bytes and a salt of ${saltLength}`,
    )
  const label = labels[protocol]
  const cipherKey = deriveSrtpKey(master, label.cipher, keyLength)
  const authenticationKey = deriveSrtpKey(master, label.authentication, authenticationKeyLength)
  return {
    algorithm: algorithmOf(keyLength),
    cipherKey: createSecretKey(cipherKey),
    authenticationKey: createSecretKey(authenticationKey),
    salt: deriveSrtpKey(master, label.salt, saltLength),
  }
}

/**
 * Derives `length` bytes from a master key: AES in counter mode over zeros, its counter being the master
 * salt with the label in its eighth byte.
 * @see RFC 3711 §4.3.1, §4.3.3, §B.3; RFC 6188 §7.2
 */
export function deriveSrtpKey(
  { key, salt }: Pick<SrtpKey, 'key' | 'salt'>,
  label: number,
  length: number,
): Uint8Array {
  const counter = new Uint8Array(16)
  counter.set(salt)
  counter[7] = (counter[7] ?? 0) ^ label
  const stream = createCipheriv(algorithmOf(key.length), key, counter).update(
    new Uint8Array(length),
  )
  return new Uint8Array(stream)
}

function algorithmOf(keyLength: number): SessionKeys['algorithm'] {
  return keyLength === 32 ? 'aes-256-ctr' : 'aes-128-ctr'
}
