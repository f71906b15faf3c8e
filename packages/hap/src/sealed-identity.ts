import type { CryptoProvider } from '@hksv/crypto'

import { concat, messageNonce } from './bytes.ts'
import { type PairingMessage, pairingMessage } from './pairing-message.ts'

const NO_AAD = new Uint8Array(0)

/** Who a message is from: the content of EncryptedData in pair-setup M5/M6 and pair-verify M2/M3. */
export interface SignedIdentity {
  /** Controller pairing id or accessory device id, 1 to 36 bytes. */
  readonly identifier: Uint8Array
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array
  /** The long-term public key, 32 bytes; only in pair-setup. */
  readonly publicKey?: Uint8Array
}

/** @returns Ciphertext and tag. */
export function sealIdentity(
  crypto: CryptoProvider,
  key: Uint8Array,
  label: string,
  identity: SignedIdentity,
): Uint8Array {
  const { identifier, signature, publicKey } = identity
  const message: PairingMessage = { identifier, signature }
  if (publicKey !== undefined) message.publicKey = publicKey
  return concat(
    ...crypto.aead(key).seal(messageNonce(label), NO_AAD, [pairingMessage.encode(message)]),
  )
}

/** @returns `undefined` when the tag, the TLV or a field is wrong: the caller reports one error. */
export function openIdentity(
  crypto: CryptoProvider,
  key: Uint8Array,
  label: string,
  sealed: Uint8Array,
): SignedIdentity | undefined {
  const tagAt = sealed.length - 16
  if (tagAt < 0) return undefined
  const plain = crypto
    .aead(key)
    .open(messageNonce(label), NO_AAD, sealed.subarray(0, tagAt), sealed.subarray(tagAt))
  if (plain === undefined) return undefined
  try {
    const { identifier, signature, publicKey } = pairingMessage.decode(plain)
    if (identifier === undefined || signature === undefined) return undefined
    const identity = { identifier, signature }
    if (publicKey === undefined) return identity
    return publicKey.length === 32 ? { ...identity, publicKey } : undefined
  } catch {
    // Which part of the inner message is wrong is nobody's business.
    return undefined
  }
}
