import type { CryptoProvider } from '@hksv/crypto'

/** The keys of a verified session. Read and write are meant from the controller's side. */
export interface SessionKeys {
  /** `Control-Read-Encryption-Key`, 32 bytes: what the accessory seals. */
  readonly accessoryToController: Uint8Array
  /** `Control-Write-Encryption-Key`, 32 bytes: what the controller seals. */
  readonly controllerToAccessory: Uint8Array
}

/** @see HomeKit Accessory Protocol R2 §6.5.2 */
export function sessionKeys(crypto: CryptoProvider, sharedSecret: Uint8Array): SessionKeys {
  const key = (info: string) => crypto.hkdfSha512(sharedSecret, 'Control-Salt', info, 32)
  return {
    accessoryToController: key('Control-Read-Encryption-Key'),
    controllerToAccessory: key('Control-Write-Encryption-Key'),
  }
}

/** The key of EncryptedData in pair-verify M2 and M3. */
export function verifyKey(crypto: CryptoProvider, sharedSecret: Uint8Array): Uint8Array {
  return crypto.hkdfSha512(sharedSecret, 'Pair-Verify-Encrypt-Salt', 'Pair-Verify-Encrypt-Info', 32)
}
