import type { CryptoProvider } from '@hksv/crypto'
import {
  type ControllerIdentity,
  type HapError,
  PairVerifyController,
  pairingError,
} from '@hksv/hap'

import type { HapConnection } from './connection.ts'
import { HubError } from './errors.ts'
import { converse } from './pairing-exchange.ts'
import type { StoredAccessory } from './store/controller-store.ts'

/**
 * Proves both sides to each other and secures the connection.
 *
 * @returns The shared secret of the connection, 32 bytes: HDS keys come from it.
 * @throws HubError `HUB_NOT_PAIRED` when either side does not know the other, `HUB_WRONG_ACCESSORY`,
 * `HUB_PROTOCOL`, and those of the connection
 * @see HomeKit Accessory Protocol R2 §5.7
 */
export async function verify(options: {
  readonly crypto: CryptoProvider
  readonly connection: HapConnection
  readonly identity: ControllerIdentity
  readonly accessory: Pick<StoredAccessory, 'deviceId' | 'longTermPublicKey'>
}): Promise<Uint8Array> {
  const { crypto, connection, identity, accessory } = options
  const machine = new PairVerifyController({
    crypto,
    identity,
    accessory: {
      identifier: accessory.deviceId,
      publicKey: new Uint8Array(Buffer.from(accessory.longTermPublicKey, 'hex')),
    },
    random: length => crypto.random(length),
  })
  const { keys, sharedSecret } = await converse(connection, '/pair-verify', machine, translate)
  connection.secure(keys)
  return sharedSecret
}

function translate(cause: HapError): HubError {
  if (cause.code === 'PAIR_WRONG_ACCESSORY') {
    return new HubError('HUB_WRONG_ACCESSORY', {
      message: `Another accessory answers at this address: ${cause.message}. Check host and port.`,
      cause,
    })
  }
  const isStranger =
    cause.code === 'PAIR_AUTHENTICATION' || cause.pairingError === pairingError.authentication
  if (isStranger) return new HubError('HUB_NOT_PAIRED', { cause })
  return new HubError('HUB_PROTOCOL', {
    message: `Pair-verify failed: ${cause.message}. Update the accessory, or tell its maker.`,
    cause,
  })
}
