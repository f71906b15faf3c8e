import { nodeProvider as crypto } from '@hksv/crypto/node'
import { AccessoryClient, ControllerStore, characteristicOf, pair } from '@hksv/hub'

import { SETUP_CODE } from './camera.ts'

/**
 * What a home hub does that has never seen the camera: pairs, reads, writes, hears of it, takes a
 * picture, and leaves. The camera must be new, and is new afterwards.
 *
 * @param directory For the hub's store.
 * @throws HubError when the camera does not do its part.
 */
export async function serveHub(port: number, directory: string): Promise<void> {
  const store = await ControllerStore.open(directory, crypto)
  const accessory = await pair({ store, crypto, host: '127.0.0.1', port, setupCode: SETUP_CODE })
  await using listener = await AccessoryClient.connect({ store, crypto, accessory })
  await using client = await AccessoryClient.connect({ store, crypto, accessory })
  const mode = (of: AccessoryClient) =>
    characteristicOf(of.database.service('cameraOperatingMode'), 'nightVision')
  const events = listener.events()
  await listener.subscribe(mode(listener))
  const [reading] = await client.read([mode(client)])
  const isOn = reading?.value === true || reading?.value === 1
  await client.write(mode(client), !isOn)
  const { value } = await events.next()
  if (Boolean(value?.value) === isOn) throw new Error('the event does not tell of the change')
  const { length } = await client.snapshot({ width: 640, height: 360 })
  if (length === 0) throw new Error('the picture is empty')
  await client.unpair()
}
