import type { CryptoProvider } from '@hksv/crypto'

import { wipe } from './bytes.ts'

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

/** What both sides of pair-setup derive from the SRP session key K. 32 bytes each, secret. */
export interface SetupKeys {
  /** Of EncryptedData in M5 and M6. */
  readonly encrypt: Uint8Array
  /** iOSDeviceX, the first part of what the controller signs. */
  readonly controllerSign: Uint8Array
  /** AccessoryX, the first part of what the accessory signs. */
  readonly accessorySign: Uint8Array
}

/** @see HomeKit Accessory Protocol R2 §5.6.5, §5.6.6 */
export function setupKeys(crypto: CryptoProvider, sessionKey: Uint8Array): SetupKeys {
  const key = (use: string) =>
    crypto.hkdfSha512(sessionKey, `Pair-Setup-${use}-Salt`, `Pair-Setup-${use}-Info`, 32)
  return {
    encrypt: key('Encrypt'),
    controllerSign: key('Controller-Sign'),
    accessorySign: key('Accessory-Sign'),
  }
}

/** Zero-fills all three. */
export function wipeSetupKeys({ encrypt, controllerSign, accessorySign }: SetupKeys): void {
  wipe(encrypt, controllerSign, accessorySign)
}

/** The key of EncryptedData in pair-verify M2 and M3. */
export function verifyKey(crypto: CryptoProvider, sharedSecret: Uint8Array): Uint8Array {
  return crypto.hkdfSha512(sharedSecret, 'Pair-Verify-Encrypt-Salt', 'Pair-Verify-Encrypt-Info', 32)
}
