import { nodeProvider } from '@hksv/crypto/node'
import {
  AccessoryClient,
  type Address,
  arm,
  type ClipReport,
  ControllerStore,
  pair,
  recordClip,
} from '@hksv/hub'

/** Records `path` when the camera at `address` sees something; pairs with it the first time. */
export async function recordMotion(
  address: Address,
  setupCode: string,
  directory: string,
  path: string,
): Promise<ClipReport> {
  const store = await ControllerStore.open(directory, nodeProvider)
  const paired = await store.accessories()
  const known = paired.find(each => each.host === address.host && each.port === address.port)
  const accessory = known ?? (await pair({ store, ...address, setupCode }))
  await using client = await AccessoryClient.connect({ store, accessory, address })
  await arm(client)
  return await recordClip({ client, path, durationMs: 12_000 })
}
