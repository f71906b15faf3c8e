import { portableProvider } from '../portable.ts'
import type { CryptoProvider } from '../provider.ts'
import { SRP_GENERATOR } from '../srp-group.ts'
import { nodeProvider } from './provider.ts'

/**
 * Chooses the provider for this process: node:crypto where it can do everything, JavaScript where
 * its OpenSSL lacks something (Electron, Bun).
 *
 * It tries each algorithm, which takes 10 to 40 ms: call it once and hand the result on.
 */
export function chooseProvider(): CryptoProvider {
  try {
    return isComplete(nodeProvider) ? nodeProvider : portableProvider
  } catch {
    // What is missing does not matter: the portable backend has all of it.
    return portableProvider
  }
}

function isComplete(provider: CryptoProvider): boolean {
  const sample = new Uint8Array(32).fill(9)
  const nonce = new Uint8Array(12)
  const none = new Uint8Array(0)
  const [ciphertext = none, tag = none] = provider.aead(sample).seal(nonce, none, [sample])
  const opened = provider.aead(sample).open(nonce, none, ciphertext, tag)
  const { publicKey, sign } = provider.ed25519(sample)
  const pair = provider.x25519(sample)
  const reference = portableProvider
  return (
    [
      [opened, sample],
      [provider.sha512(sample), reference.sha512(sample)],
      [provider.hkdfSha512(sample, 's', 'i', 32), reference.hkdfSha512(sample, 's', 'i', 32)],
      [pair.agree(pair.publicKey), reference.x25519(sample).agree(pair.publicKey)],
      [provider.modPow(SRP_GENERATOR, sample), reference.modPow(SRP_GENERATOR, sample)],
    ].every(
      ([ours, theirs]) =>
        ours !== undefined && theirs !== undefined && provider.equal(ours, theirs),
    ) &&
    provider.ed25519Verify(publicKey, sample, sign(sample)) &&
    pair.agree(new Uint8Array(32)) === undefined
  )
}
