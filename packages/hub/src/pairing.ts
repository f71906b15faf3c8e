import type { CryptoProvider } from '@hksv/crypto'
import { chooseProvider } from '@hksv/crypto/node'
import { type HapError, PairSetupController, pairingError, parseSetupCode } from '@hksv/hap'

import { HapConnection } from './connection.ts'
import { HubError, type HubErrorCode } from './errors.ts'
import type { Address } from './open-socket.ts'
import { converse } from './pairing-exchange.ts'
import { requestPairings } from './pairings.ts'
import { isDeviceId, type StoredAccessory } from './store/controller-store.ts'
import type { PairingStore } from './store/pairing-store.ts'
import type { Trace } from './trace/trace.ts'
import { verify } from './verify.ts'

/** A step of pairing: the code is proved, the pairing stored, and proved on a second connection. */
export type PairStep = 'connecting' | 'pairing' | 'storing' | 'verifying'

/** Bit 0 of the feature flags: an authentication coprocessor. */
const HAS_MFI = 1

/** What pairing needs. */
export interface PairOptions extends Address {
  readonly store: PairingStore
  /** Eight digits, in any form. */
  readonly setupCode: string
  /** The announced device id, if it is known: another accessory is refused. */
  readonly deviceId?: string
  /** As announced (`ff`), 0 unless given: certified accessories want to be paired in another way. */
  readonly featureFlags?: number
  /** Told of each step. */
  readonly onProgress?: (step: PairStep) => void
  readonly crypto?: CryptoProvider
  readonly signal?: AbortSignal
  /** Where to write down what is said, but for what is secret. */
  readonly trace?: Trace
}

/** What an accessory's refusal means. */
const REFUSALS: Readonly<Record<number, HubErrorCode>> = {
  [pairingError.authentication]: 'HUB_WRONG_CODE',
  [pairingError.unavailable]: 'HUB_ALREADY_PAIRED',
  [pairingError.maxTries]: 'HUB_LOCKED',
  [pairingError.busy]: 'HUB_BUSY',
  [pairingError.maxPeers]: 'HUB_FULL',
}

/**
 * Pairs with an accessory that nobody has paired with. When this resolves the pairing is on the disk,
 * and a second connection has proved that it holds.
 *
 * Once the accessory has accepted it knows this controller. If the pairing cannot be stored then, or
 * the accessory is not the one that was meant, it is taken back: nothing has to be reset.
 *
 * @throws HapError `SETUP_CODE_FORMAT`, `SETUP_CODE_FORBIDDEN`
 * @throws HubError `HUB_UNREACHABLE`, `HUB_WRONG_CODE`, `HUB_ALREADY_PAIRED`, `HUB_LOCKED`,
 * `HUB_BUSY`, `HUB_FULL`, `HUB_WRONG_ACCESSORY`, `HUB_PROTOCOL`, `HUB_TIMEOUT`, `HUB_CONNECTION_LOST`, and those
 * of the store
 * @example
 * const store = await ControllerStore.open('hub', crypto)
 * const accessory = await pair({ store, host: '192.168.1.20', port: 51826, setupCode: '031-45-154' })
 */
export async function pair(options: PairOptions): Promise<StoredAccessory> {
  const { store, crypto = chooseProvider() } = options
  const setupCode = parseSetupCode(options.setupCode)
  const accessory = await setUp({ ...options, crypto, setupCode })
  try {
    options.onProgress?.('storing')
    checkDeviceId(accessory.deviceId, options.deviceId)
    await store.save(accessory)
  } catch (error) {
    await takeBack(options, crypto, accessory)
    throw error
  }
  options.onProgress?.('verifying')
  const { host, port, signal, trace } = options
  await using connection = await HapConnection.open(crypto, { host, port }, signal, trace)
  const secret = await verify({ crypto, connection, identity: store.identity, accessory })
  secret.fill(0)
  return accessory
}

/** Pair-setup, on a connection of its own. */
async function setUp(options: PairOptions & { crypto: CryptoProvider }): Promise<StoredAccessory> {
  const { store, host, port, setupCode, signal, crypto, trace, featureFlags = 0 } = options
  options.onProgress?.('connecting')
  await using connection = await HapConnection.open(crypto, { host, port }, signal, trace)
  options.onProgress?.('pairing')
  const machine = new PairSetupController({
    crypto,
    identity: store.identity,
    setupCode,
    isCertified: (featureFlags & HAS_MFI) !== 0,
    random: length => crypto.random(length),
  })
  const paired = await converse(connection, '/pair-setup', machine, translate)
  return {
    deviceId: paired.accessory.identifier.toUpperCase(),
    longTermPublicKey: Buffer.from(paired.accessory.publicKey).toString('hex'),
    host,
    port,
    pairedAt: new Date().toISOString(),
  }
}

/** Only now is it known who answered: the device id comes with the last message. */
function checkDeviceId(deviceId: string, expected = deviceId): void {
  if (!isDeviceId(deviceId)) {
    const message = `"${deviceId}" is no device id. Update the accessory, or tell its maker.`
    throw new HubError('HUB_PROTOCOL', { message })
  }
  if (deviceId !== expected.toUpperCase()) {
    const message = `${deviceId} answers at this address, not ${expected}. Check host and port.`
    throw new HubError('HUB_WRONG_ACCESSORY', { message })
  }
}

/** Removes the pairing that cannot be kept. @throws HubError when it has to stay. */
async function takeBack(
  { host, port, store, trace }: PairOptions,
  crypto: CryptoProvider,
  accessory: StoredAccessory,
): Promise<void> {
  const { identity } = store
  try {
    await using connection = await HapConnection.open(crypto, { host, port }, undefined, trace)
    const secret = await verify({ crypto, connection, identity, accessory })
    secret.fill(0)
    await requestPairings(connection, { method: 'remove', identifier: identity.identifier })
  } catch (cause) {
    const message =
      'The pairing could not be kept and could not be taken back. Reset the accessory, and see ' +
      `that ${store.directory} can be written.`
    throw new HubError('HUB_STORE_UNUSABLE', { message, cause })
  }
}

function translate(cause: HapError): HubError {
  if (cause.code === 'PAIR_AUTHENTICATION') return new HubError('HUB_WRONG_CODE', { cause })
  const known = REFUSALS[cause.pairingError ?? 0]
  if (known !== undefined) return new HubError(known, { cause })
  return new HubError('HUB_PROTOCOL', {
    message: `Pairing failed: ${cause.message}. Reset the accessory and try again.`,
    cause,
  })
}
