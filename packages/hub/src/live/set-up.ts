import { isIPv6 } from 'node:net'

import { defaultMtus } from '@hksv/media/live'

import type { AccessoryClient } from '../accessory-client.ts'
import type { RemoteService } from '../database.ts'
import { HubError } from '../errors.ts'
import { chooseStream, type LiveChoice, type LiveWishes } from './choose-stream.ts'
import { type Endpoints, setUpEndpoints } from './endpoints.ts'
import { MediaSocket } from './media-socket.ts'
import { freeStreams, readStreams, type StreamOffer } from './stream-offer.ts'

/** A live view that is set up, and not started. */
export interface SetUp {
  readonly service: RemoteService
  readonly offer: StreamOffer
  readonly choice: LiveChoice
  readonly endpoints: Endpoints
  readonly sockets: { readonly video: MediaSocket; readonly audio: MediaSocket }
  readonly ipVersion: 4 | 6
  /** Bytes of an IP datagram. */
  readonly mtu: number
}

/**
 * Sets a live view up with the first stream service that is free. The ports belong to the caller.
 *
 * @throws HubError `HUB_LIVE_BUSY`, `HUB_LIVE_REFUSED`, `HUB_NO_CAMERA`, `HUB_PROTOCOL`, and those of the
 * connection
 */
export async function setUpLiveView(client: AccessoryClient, wishes: LiveWishes): Promise<SetUp> {
  const slots = freeStreams(await readStreams(client))
  const video = await MediaSocket.open(client.localAddress)
  const audio = await MediaSocket.open(client.localAddress).catch(async (error: unknown) => {
    await video.close()
    throw error
  })
  const ports = { videoPort: video.port, audioPort: audio.port }
  const ipVersion = isIPv6(client.localAddress.replace(/%.*/, '')) ? 6 : 4
  try {
    for (const { service, offer } of slots) {
      const choice = chooseStream(offer, wishes)
      const { suite } = choice
      const endpoints = await setUpEndpoints({ client, service, suite, ...ports })
      if (endpoints === undefined) continue
      const mtu = defaultMtus[ipVersion]
      return { service, offer, choice, endpoints, sockets: { video, audio }, ipVersion, mtu }
    }
    throw new HubError('HUB_LIVE_BUSY')
  } catch (error) {
    await Promise.all([video.close(), audio.close()])
    throw error
  }
}
