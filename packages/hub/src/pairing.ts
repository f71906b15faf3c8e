import type { CryptoProvider } from '@hksv/crypto'
import { chooseProvider } from '@hksv/crypto/node'
import {
  decodePairingsResponse,
  encodePairingsRequest,
  isHapError,
  type Pairing,
  type PairingsRequest,
  PairSetupController,
  pairingError,
  parseSetupCode,
} from '@hksv/hap'

import { type Address, HapConnection } from './connection.ts'
import { HubError } from './errors.ts'
import type { ControllerStore, StoredAccessory } from './store/controller-store.ts'

export const PAIRING_TYPE = 'application/pairing+tlv8'

/** What pairing needs. */
export interface PairOptions extends Address {
  readonly store: ControllerStore
  /** Eight digits, in any form. */
  readonly setupCode: string
  /** The announced device id, if it is known: another accessory is refused. */
  readonly deviceId?: string
  readonly crypto?: CryptoProvider
  readonly signal?: AbortSignal
}

/**
 * Pairs with an accessory that nobody has paired with. The pairing is on the disk when this resolves.
 *
 * @throws HapError `SETUP_CODE_FORMAT`, `SETUP_CODE_FORBIDDEN`
 * @throws HubError `HUB_UNREACHABLE`, `HUB_WRONG_CODE`, `HUB_ALREADY_PAIRED`, `HUB_LOCKED`,
 * `HUB_BUSY`, `HUB_PROTOCOL`, `HUB_TIMEOUT`, `HUB_CONNECTION_LOST`, and those of the store
 */
export async function pair(options: PairOptions): Promise<StoredAccessory> {
  const { store, host, port, signal, deviceId, crypto = chooseProvider() } = options
  const setupCode = parseSetupCode(options.setupCode)
  await using connection = await HapConnection.open(crypto, { host, port }, signal)
  const machine = new PairSetupController({
    crypto,
    identity: store.identity,
    setupCode,
    random: length => crypto.random(length),
    ...(deviceId === undefined ? {} : { accessoryId: deviceId }),
  })
  for (;;) {
    const request = machine.take()
    if (request === undefined) throw new HubError('HUB_PROTOCOL')
    const response = await connection.request('POST', '/pair-setup', {
      type: PAIRING_TYPE,
      bytes: request,
    })
    if (response.status !== 200) {
      throw new HubError('HUB_PROTOCOL', {
        message: `The accessory answered pair-setup with HTTP status ${response.status}.`,
      })
    }
    const [paired] = translateSetup(() => machine.receive(response.body))
    if (paired === undefined) continue
    const accessory: StoredAccessory = {
      deviceId: paired.accessory.identifier.toUpperCase(),
      longTermPublicKey: Buffer.from(paired.accessory.publicKey).toString('hex'),
      host,
      port,
      pairedAt: new Date().toISOString(),
    }
    await store.save(accessory)
    return accessory
  }
}

/**
 * Sends a request about pairings over a verified connection.
 *
 * @returns The pairings, for a list.
 * @throws HubError `HUB_REFUSED`, `HUB_NOT_PAIRED`, `HUB_PROTOCOL`
 */
export async function requestPairings(
  connection: HapConnection,
  request: PairingsRequest,
): Promise<Pairing[]> {
  const bytes = encodePairingsRequest(request)
  const { status, body } = await connection.request('POST', '/pairings', {
    type: PAIRING_TYPE,
    bytes,
  })
  if (status === 470) throw new HubError('HUB_NOT_PAIRED')
  if (status !== 200)
    throw new HubError('HUB_PROTOCOL', { message: `/pairings answered ${status}.` })
  return translatePairings(() => decodePairingsResponse(body))
}

/** Runs a step of pair-setup, and says in the user's words what the accessory would not do. */
function translateSetup<T>(step: () => T): T {
  try {
    return step()
  } catch (cause) {
    if (!isHapError(cause)) throw cause
    if (cause.code === 'PAIR_AUTHENTICATION') throw wrongCode(cause)
    switch (cause.pairingError) {
      case pairingError.authentication:
        throw wrongCode(cause)
      case pairingError.unavailable:
        throw new HubError('HUB_ALREADY_PAIRED', {
          message:
            'The accessory is paired already. Remove it from its home, or reset it, and try again.',
          cause,
        })
      case pairingError.maxTries:
        throw new HubError('HUB_LOCKED', {
          message:
            'The accessory saw a hundred wrong codes and takes no more. Reset it and try again.',
          cause,
        })
      case pairingError.busy:
        throw new HubError('HUB_BUSY', {
          message: 'The accessory is pairing with another controller. Try again in half a minute.',
          cause,
        })
      default:
        throw new HubError('HUB_PROTOCOL', { message: `Pairing failed: ${cause.message}.`, cause })
    }
  }
}

function wrongCode(cause: unknown): HubError {
  const message =
    'The setup code is wrong. Look at the accessory, or at what it printed, and try again.'
  return new HubError('HUB_WRONG_CODE', { message, cause })
}

/** Runs a step about pairings, of which only administrators may ask. */
function translatePairings<T>(step: () => T): T {
  try {
    return step()
  } catch (cause) {
    if (!isHapError(cause)) throw cause
    const message =
      cause.pairingError === pairingError.authentication
        ? 'The accessory refused: only an administrator may manage its pairings.'
        : `The accessory refused: ${cause.message}.`
    throw new HubError('HUB_REFUSED', { message, cause })
  }
}
