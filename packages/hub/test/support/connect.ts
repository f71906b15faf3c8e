import { ADMIN } from '@hksv/hap'
import { AccessoryClient, type ConnectOptions } from '@hksv/hub'

import { TestAccessory } from './test-accessory.ts'

/** An accessory, and a hub that is connected to it. */
export interface World {
  readonly accessory: TestAccessory
  readonly client: AccessoryClient
  readonly paired: ConnectOptions
}

/**
 * Pairs and connects; what was asked for that is not in `accessory.requests`.
 *
 * @param options.prepare Changes the accessory before the hub reads its database.
 */
export async function connect(
  options: { permissions?: number; prepare?: (accessory: TestAccessory) => void } = {},
): Promise<World> {
  const { permissions = ADMIN, prepare } = options
  const accessory = await TestAccessory.start()
  prepare?.(accessory)
  const paired = await accessory.pairedStore(permissions)
  const client = await AccessoryClient.connect(paired)
  accessory.requests.length = 0
  return { accessory, client, paired }
}
