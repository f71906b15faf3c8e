import { isIPv6 } from 'node:net'

import { findAccessory } from '@hksv/hub'

import { UsageError } from '../../failure.ts'
import { chooseAccessory, type HubFlags, openControllerStore } from './common.ts'

const DEVICE_ID = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i

/**
 * The flags, with the device id of a camera that is called by its name.
 *
 * @throws UsageError unless there is one of this name.
 */
export async function namedFlags<T extends HubFlags>(flags: T, camera: string): Promise<T> {
  if (DEVICE_ID.test(camera)) return { ...flags, id: camera }
  const { store } = await openControllerStore(flags)
  const paired = await store.accessories()
  const wanted = paired.filter(({ name }) => name?.toLowerCase() === camera.toLowerCase())
  const [only] = wanted
  if (only !== undefined && wanted.length === 1) return { ...flags, id: only.deviceId }
  const known = paired.map(({ name, deviceId }) => `${name ?? '?'} (${deviceId})`).join(', ')
  throw new UsageError(
    only === undefined
      ? `No camera called ${camera} is paired${known === '' ? '. Pair it first: hksv hub pair' : `, but ${known}`}.`
      : `Several cameras are called ${camera}. Say which by its device id: ${known}.`,
  )
}

/**
 * The flags, with an address of IPv6: the one that was given, the one that is known, or one that the
 * camera announces. A live view takes the family of the connection.
 *
 * @throws UsageError when there is none.
 */
export async function ipv6Flags<T extends HubFlags>(flags: T, signal: AbortSignal): Promise<T> {
  const { store } = await openControllerStore(flags)
  const accessory = await chooseAccessory(store, flags)
  const { host = accessory.host, port = accessory.port } = flags
  if (isIPv6(host.replace(/%.*/, ''))) return { ...flags, host, port, id: accessory.deviceId }
  if (flags.host !== undefined)
    throw new UsageError(`${host} is no address of IPv6. Leave --host out.`)
  const found = await findAccessory(accessory.deviceId, { signal })
  const address = found.addresses.find(each => isIPv6(each.replace(/%.*/, '')))
  if (address === undefined)
    throw new UsageError('The camera announces no address of IPv6. Leave --ipv6 out.')
  return { ...flags, host: address, port: found.port, id: accessory.deviceId }
}
