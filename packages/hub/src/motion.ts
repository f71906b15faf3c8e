import type { AccessoryClient } from './accessory-client.ts'
import type { Reading } from './characteristic-requests.ts'
import { motionCharacteristic } from './secure-video.ts'

/**
 * Waits until a camera reports motion, also one that began before.
 *
 * @param onWaiting Called once when motion will not be missed any more.
 * @throws HubError `HUB_NO_CAMERA`, `HUB_REFUSED`, and those of the connection; the reason of `signal`
 */
export async function waitForMotion(
  client: AccessoryClient,
  signal: AbortSignal | undefined,
  onWaiting: (() => void) | undefined,
): Promise<void> {
  const motion = motionCharacteristic(client)
  const isMotion = ({ characteristic, value }: Reading) =>
    characteristic === motion && (value === true || value === 1)
  // Listened to before it is asked for, and asked for before it is read: nothing falls between.
  const events = client.events(signal)
  try {
    await client.subscribe(motion)
    const readings = await client.read([motion])
    onWaiting?.()
    if (readings.some(isMotion)) return
    for await (const reading of events) if (isMotion(reading)) return
  } finally {
    await events.return?.()
  }
}
