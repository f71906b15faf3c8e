import { ADMIN } from '@hksv/hap'
import { dataSendReason } from '@hksv/hds'

import { AccessoryClient } from '../accessory-client.ts'
import { HubError, isHubError } from '../errors.ts'
import { Recording } from '../recording.ts'
import { armedConfiguration } from '../secure-video.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { HubProfile, Stance } from './profile.ts'

/** A home with two hubs, both of which want the recording. */
export const twoHubs: HubProfile = {
  name: 'two-hubs',
  does: 'asks for the recording from two controllers at the same time',
  expects: 'grants it to one, and tells the other one that it is busy (2)',

  async stand(client, signal): Promise<Stance> {
    const rival = await Rival.join(client, signal)
    return {
      open: () => race(client, rival.client, signal),
      [Symbol.asyncDispose]: () => rival.leave(),
    }
  },

  async afterArming(client, _selected, signal) {
    const rival = await Rival.join(client, signal)
    try {
      if ((await armedConfiguration(rival.client)) !== undefined) return
      throw new HubError('HUB_UNEXPECTED', {
        message: 'Expected a second controller to see that the camera is armed; it does not.',
      })
    } finally {
      await rival.leave()
    }
  },
}

/** A controller of its own, which knows the camera for as long as the race takes. */
export class Rival {
  readonly client: AccessoryClient
  readonly identifier: string
  readonly #host: AccessoryClient

  private constructor(host: AccessoryClient, client: AccessoryClient, identifier: string) {
    this.#host = host
    this.client = client
    this.identifier = identifier
  }

  /**
   * Lets another controller in, and connects it.
   *
   * @param host An administrator.
   * @throws HubError `HUB_REFUSED`, and those of the connection
   */
  static async join(host: AccessoryClient, signal?: AbortSignal): Promise<Rival> {
    const { crypto, accessory, address, trace } = host
    const store = new MemoryStore(crypto)
    const { identifier, longTermKey } = store.identity
    const { publicKey } = longTermKey
    await host.addPairing({ identifier, publicKey, permissions: ADMIN })
    const known = { store, crypto, accessory, address }
    const options = { ...known, ...(signal && { signal }), ...(trace && { trace }) }
    try {
      return new Rival(host, await AccessoryClient.connect(options), identifier)
    } catch (error) {
      await host.removePairing(identifier)
      throw error
    }
  }

  /** Forgets it on both sides. */
  async leave(): Promise<void> {
    this.client.close()
    // Whoever ended the connection ended this as well.
    if (!this.#host.signal.aborted) await this.#host.removePairing(this.identifier)
  }
}

async function race(
  client: AccessoryClient,
  rival: AccessoryClient,
  signal: AbortSignal | undefined,
): Promise<Recording> {
  const [own, other] = await Promise.allSettled([
    Recording.open(client, signal),
    Recording.open(rival, signal),
  ])
  if (own.status === 'rejected' && other.status === 'rejected') throw own.reason
  if (own.status === 'fulfilled' && other.status === 'fulfilled') {
    await Promise.all([own.value.close('normal'), other.value.close('normal')])
    throw new HubError('HUB_UNEXPECTED', {
      message: 'Expected one of two hubs to be refused as busy (2); the camera granted both.',
    })
  }
  const [granted, refused] = own.status === 'fulfilled' ? [own, other] : [other, own]
  // One of each: said above.
  if (granted.status !== 'fulfilled' || refused.status !== 'rejected') throw new TypeError()
  const { reason } = refused
  if (isHubError(reason) && reason.status === dataSendReason.busy) return granted.value
  await granted.value.close('normal')
  const came = reason instanceof Error ? reason.message : String(reason)
  throw new HubError('HUB_UNEXPECTED', {
    message: `Expected the second of two hubs to be refused as busy (2); came: ${came}`,
    cause: reason,
  })
}
