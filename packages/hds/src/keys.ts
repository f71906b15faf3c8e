import type { CryptoProvider } from '@hksv/crypto'

/** The two keys of a connection, 32 bytes each. */
export interface HdsKeys {
  /** The accessory seals with it. */
  readonly accessoryToController: Uint8Array
  /** The hub seals with it. */
  readonly controllerToAccessory: Uint8Array
}

/** What {@link deriveHdsKeys} starts from. */
export interface HdsKeyInput {
  /** The X25519 secret of the pair-verify behind the HAP session that did the setup; 32 bytes. */
  readonly sharedSecret: Uint8Array
  /** Of the setup request; 32 bytes. */
  readonly controllerKeySalt: Uint8Array
  /** Of the setup response; 32 bytes. */
  readonly accessoryKeySalt: Uint8Array
}

/**
 * Derives the keys of one connection: HKDF-SHA-512, salt = controller's salt, accessory's salt. The
 * "read" key is what the controller reads with.
 *
 * @throws RangeError when an input is not 32 bytes.
 * @see observed: HAP-NodeJS 1.2.0, vectors `hds/frames`
 */
export function deriveHdsKeys(crypto: CryptoProvider, input: HdsKeyInput): HdsKeys {
  const { sharedSecret, controllerKeySalt, accessoryKeySalt } = input
  for (const bytes of [sharedSecret, controllerKeySalt, accessoryKeySalt]) {
    if (bytes.length !== 32) throw new RangeError('secret and salts have 32 bytes')
  }
  const salt = new Uint8Array(64)
  salt.set(controllerKeySalt)
  salt.set(accessoryKeySalt, 32)
  const derive = (info: string): Uint8Array => crypto.hkdfSha512(sharedSecret, salt, info, 32)
  return {
    accessoryToController: derive('HDS-Read-Encryption-Key'),
    controllerToAccessory: derive('HDS-Write-Encryption-Key'),
  }
}
