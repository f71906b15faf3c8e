import type { AccessoryClient } from '../accessory-client.ts'
import { HubError } from '../errors.ts'
import { Recording } from '../recording.ts'
import type { HubProfile, Stance } from './profile.ts'

/** A hub that thinks better of it, and comes back. */
export const closesEarly: HubProfile = {
  name: 'closes-early',
  does: 'closes the recording after the initialization, and asks for another one at once',
  expects: 'stops sending, is free again, and begins anew with an initialization',

  async stand(client, signal): Promise<Stance> {
    return { open: () => reopen(client, signal), async [Symbol.asyncDispose]() {} }
  },
}

async function reopen(
  client: AccessoryClient,
  signal: AbortSignal | undefined,
): Promise<Recording> {
  const first = await Recording.open(client, signal)
  for await (const _initialization of first) break
  if (first.end?.by !== 'hub') {
    throw new HubError('HUB_UNEXPECTED', {
      message: `Expected an initialization; the recording ended before: ${first.end?.reason}.`,
    })
  }
  return Recording.open(client, signal)
}
