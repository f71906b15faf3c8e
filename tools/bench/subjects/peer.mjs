// What the peer's accessories have in common.
import { createRequire } from 'node:module'

import hap from 'hap-nodejs'

/** Nothing goes to the network but what is measured. */
export function silenceAdvertiser() {
  const { CiaoAdvertiser } = createRequire(import.meta.url)('hap-nodejs/dist/lib/Advertiser.js')
  for (const name of ['initPort', 'startAdvertising', 'updateAdvertisement', 'destroy']) {
    CiaoAdvertiser.prototype[name] = async () => undefined
  }
}

/** Publishes an accessory, on every address unless `bind` says which. @returns Its port. */
export async function publish(accessory, { storage, setupCode, category, port, bind }) {
  hap.HAPStorage.setCustomStoragePath(storage)
  const listening = new Promise(resolve => accessory.once('listening', resolve))
  await accessory.publish({
    username: '0A:1B:2C:3D:4E:5F',
    pincode: setupCode,
    category,
    port,
    ...(bind === undefined ? {} : { bind }),
  })
  return listening
}
