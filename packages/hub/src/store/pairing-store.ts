import type { ControllerIdentity } from '@hksv/hap'

import type { StoredAccessory } from './controller-store.ts'

/** Who a controller is, and what it is paired with: on the disk or in memory. */
export interface PairingStore {
  readonly identity: ControllerIdentity
  /** Where it is, for people. */
  readonly directory: string
  /** All pairings, in the order of their device ids. */
  accessories(): Promise<StoredAccessory[]>
  /** The pairing with a device id, in any case of letters. @throws RangeError unless it is one. */
  find(deviceId: string): Promise<StoredAccessory | undefined>
  /** Resolves when the pairing is kept. @throws RangeError unless `deviceId` is one. */
  save(accessory: StoredAccessory): Promise<void>
  /** Forgets a pairing, on this side only. @throws RangeError unless it is a device id. */
  remove(deviceId: string): Promise<void>
}
