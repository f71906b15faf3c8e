import { chooseProvider } from '@hksv/crypto/node'
import { PairSetupGate, parseSetupCode } from '@hksv/hap'

import type { AccessoryParts } from './accessory.ts'
import type { CommonOptions } from './accessory-options.ts'
import { openIdentity } from './identity.ts'
import { checkInformation, completeInformation } from './information.ts'
import type { Log } from './log.ts'
import { PairingList } from './pairing-list.ts'
import { openStore } from './storage/store.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * Opens the storage and takes from it, or makes at the first start, who the accessory is. Whoever
 * gets the parts closes the store.
 *
 * @throws HapError `SETUP_CODE_FORMAT`, `SETUP_CODE_FORBIDDEN`
 * @throws AccessoryError `OPTION_INVALID`, `STORAGE_DAMAGED`, `STORAGE_IN_USE`, `STORAGE_UNUSABLE`
 */
export async function openParts(
  options: CommonOptions,
  now: () => number,
): Promise<Omit<AccessoryParts, 'kind'>> {
  // Before anything is written: a wrong option must not leave a directory behind.
  const code = options.setupCode === undefined ? undefined : parseSetupCode(options.setupCode)
  checkInformation(options.name, options.information)
  const crypto = options.crypto ?? chooseProvider()
  const store = await openStore(options.storage, options.log)
  try {
    const identity = await openIdentity(crypto, store, code)
    const stored = store.initial.pairings ?? { failedAttempts: 0, pairings: [] }
    const { failedAttempts } = stored
    const gate = new PairSetupGate({ isPaired: stored.pairings.length > 0, failedAttempts })
    const { name, information } = options
    return {
      options,
      information: completeInformation(name, identity.accessory.identifier, information),
      crypto,
      log: options.log ?? silent,
      store,
      identity,
      gate,
      pairings: new PairingList(store.pairings, gate, stored),
      now,
    }
  } catch (error) {
    await store.close()
    throw error
  }
}
