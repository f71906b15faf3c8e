import type { CryptoProvider } from '@hksv/crypto'
import { isHapError, PairVerifyController, pairingError } from '@hksv/hap'

import type { HapConnection } from './connection.ts'
import { HubError } from './errors.ts'
import { PAIRING_TYPE } from './pairing.ts'
import type { ControllerStore, StoredAccessory } from './store/controller-store.ts'

/**
 * Proves both sides to each other and secures the connection.
 *
 * @returns The shared secret of the connection, 32 bytes.
 * @throws HubError `HUB_NOT_PAIRED` when either side does not know the other, `HUB_PROTOCOL`,
 * `HUB_TIMEOUT`, `HUB_CONNECTION_LOST`
 */
export async function verify(options: {
  readonly crypto: CryptoProvider
  readonly connection: HapConnection
  readonly store: ControllerStore
  readonly accessory: StoredAccessory
}): Promise<Uint8Array> {
  const { crypto, connection, store, accessory } = options
  const machine = new PairVerifyController({
    crypto,
    identity: store.identity,
    accessory: {
      identifier: accessory.deviceId,
      publicKey: new Uint8Array(Buffer.from(accessory.longTermPublicKey, 'hex')),
    },
    random: length => crypto.random(length),
  })
  for (;;) {
    const bytes = machine.take()
    if (bytes === undefined) throw new HubError('HUB_PROTOCOL')
    const { status, body } = await connection.request('POST', '/pair-verify', {
      type: PAIRING_TYPE,
      bytes,
    })
    if (status !== 200) {
      throw new HubError('HUB_PROTOCOL', {
        message: `The accessory answered pair-verify with HTTP status ${status}.`,
      })
    }
    const [verified] = step(machine, body)
    if (verified === undefined) continue
    connection.secure(verified.keys)
    return verified.sharedSecret
  }
}

function step(machine: PairVerifyController, body: Uint8Array) {
  try {
    return machine.receive(body)
  } catch (cause) {
    if (!isHapError(cause)) throw cause
    if (cause.code === 'PAIR_WRONG_ACCESSORY') {
      throw new HubError('HUB_NOT_PAIRED', {
        message: `Another accessory answers at this address: ${cause.message}. Check host and port.`,
        cause,
      })
    }
    if (
      cause.pairingError === pairingError.authentication ||
      cause.code === 'PAIR_AUTHENTICATION'
    ) {
      throw new HubError('HUB_NOT_PAIRED', {
        message:
          'The accessory and this controller do not know each other any more. Pair it again.',
        cause,
      })
    }
    throw new HubError('HUB_PROTOCOL', { message: `Pair-verify failed: ${cause.message}.`, cause })
  }
}
