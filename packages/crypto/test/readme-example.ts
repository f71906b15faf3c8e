import type { CryptoProvider } from '@hksv/crypto'
import { chooseProvider } from '@hksv/crypto/node'

/** Two parties agree on a key, and one sends the other a message in two parts. */
export function sendSealed(crypto: CryptoProvider, parts: readonly Uint8Array[]): Uint8Array {
  const ours = crypto.x25519(crypto.random(32))
  const theirs = crypto.x25519(crypto.random(32))
  const secret = ours.agree(theirs.publicKey)
  if (secret === undefined) throw new Error('the other side sent a point of low order')

  const key = crypto.hkdfSha512(secret, 'Control-Salt', 'Control-Write-Encryption-Key', 32)
  const nonce = new Uint8Array(12)
  const sealed = crypto.aead(key).seal(nonce, new Uint8Array(0), parts)

  const tag = sealed.at(-1) ?? new Uint8Array(0)
  const ciphertext = new Uint8Array(Buffer.concat(sealed.slice(0, -1)))
  const opened = crypto.aead(key).open(nonce, new Uint8Array(0), ciphertext, tag)
  if (opened === undefined) throw new Error('the tag does not match')
  return opened
}

export const opened: Uint8Array = sendSealed(chooseProvider(), [
  Uint8Array.of(1, 2),
  Uint8Array.of(3),
])
