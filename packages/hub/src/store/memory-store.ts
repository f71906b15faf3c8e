import type { CryptoProvider } from '@hksv/crypto'
import type { ControllerIdentity } from '@hksv/hap'
import { v4 as uuid } from 'uuid'

import { isDeviceId, type StoredAccessory } from './controller-store.ts'
import type { PairingStore } from './pairing-store.ts'

/**
 * A controller that nobody will know again: what it is and what it is paired with is gone with the
 * process. For tests, and for whoever keeps pairings in a place of his own.
 */
export class MemoryStore implements PairingStore {
  readonly identity: ControllerIdentity
  readonly directory = 'memory'
  readonly #accessories = new Map<string, StoredAccessory>()

  constructor(crypto: CryptoProvider) {
    this.identity = {
      identifier: uuid({ random: crypto.random(16) }).toUpperCase(),
      longTermKey: crypto.ed25519(crypto.random(32)),
    }
  }

  async accessories(): Promise<StoredAccessory[]> {
    return [...this.#accessories.values()].toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1))
  }

  async find(deviceId: string): Promise<StoredAccessory | undefined> {
    return this.#accessories.get(known(deviceId))
  }

  async save(accessory: StoredAccessory): Promise<void> {
    this.#accessories.set(known(accessory.deviceId), accessory)
  }

  async remove(deviceId: string): Promise<void> {
    this.#accessories.delete(known(deviceId))
  }
}

function known(deviceId: string): string {
  const id = deviceId.toUpperCase()
  if (isDeviceId(id)) return id
  throw new RangeError(`"${deviceId}" is no device id like 11:22:33:AA:BB:CC`)
}
