import {
  type SupportedAudioStreamConfiguration,
  type SupportedRtpConfiguration,
  type SupportedVideoStreamConfiguration,
  streamingStatus,
  supportedAudioStreamConfiguration,
  supportedRtpConfiguration,
  supportedVideoStreamConfiguration,
} from '@hksv/hap'

import type { AccessoryClient } from '../accessory-client.ts'
import {
  characteristicOf,
  optionalCharacteristic,
  type RemoteCharacteristic,
  type RemoteService,
} from '../database.ts'
import { HubError } from '../errors.ts'
import { decodeTlv } from '../tlv-value.ts'

/** What a stream service offers: characteristics 114, 115 and 116. */
export interface StreamOffer {
  readonly video: SupportedVideoStreamConfiguration
  readonly audio: SupportedAudioStreamConfiguration
  readonly rtp: SupportedRtpConfiguration
}

/** A stream service of a camera, as it is now. */
export interface StreamSlot {
  readonly service: RemoteService
  readonly offer: StreamOffer
  /** 0 available, 1 in use, 2 unavailable. */
  readonly status: number
  /** Whether its home lets anybody look. */
  readonly isActive: boolean
}

/**
 * Reads what the stream services of a camera offer, and which are free.
 *
 * @returns At least one.
 * @throws HubError `HUB_NO_CAMERA`, `HUB_PROTOCOL`, and those of the connection
 */
export async function readStreams(client: AccessoryClient): Promise<StreamSlot[]> {
  const { database } = client
  const { aid } = database.service('cameraRtpStreamManagement')
  const services = database.all('cameraRtpStreamManagement').filter(each => each.aid === aid)
  const slots: StreamSlot[] = []
  for (const service of services) slots.push(await readStream(client, service))
  return slots
}

async function readStream(client: AccessoryClient, service: RemoteService): Promise<StreamSlot> {
  const video = characteristicOf(service, 'supportedVideoStreamConfiguration')
  const audio = characteristicOf(service, 'supportedAudioStreamConfiguration')
  const rtp = characteristicOf(service, 'supportedRtpConfiguration')
  const status = characteristicOf(service, 'streamingStatus')
  const active = optionalCharacteristic(service, 'active')
  const readings = await client.read([video, audio, rtp, status, ...(active ? [active] : [])])
  const current = (wanted: RemoteCharacteristic) =>
    readings.find(({ characteristic }) => characteristic === wanted)?.value ?? wanted.value
  return {
    service,
    offer: {
      video: decodeTlv(supportedVideoStreamConfiguration, current(video), video),
      audio: decodeTlv(supportedAudioStreamConfiguration, current(audio), audio),
      rtp: decodeTlv(supportedRtpConfiguration, current(rtp), rtp),
    },
    status: decodeTlv(streamingStatus, current(status), status).status,
    isActive: active === undefined || Number(current(active)) !== 0,
  }
}

/**
 * The stream services that a live view can be had of.
 *
 * @returns At least one.
 * @throws HubError `HUB_LIVE_BUSY`, `HUB_LIVE_REFUSED`
 */
export function freeStreams(slots: readonly StreamSlot[]): StreamSlot[] {
  const active = slots.filter(({ isActive }) => isActive)
  const free = active.filter(({ status }) => status === 0)
  if (free.length > 0) return free
  if (active.some(({ status }) => status === 1)) throw new HubError('HUB_LIVE_BUSY')
  throw new HubError('HUB_LIVE_REFUSED', {
    message:
      active.length === 0
        ? 'Nobody may look at the camera: live views are switched off. Switch them on in its home (hksv hub arm).'
        : 'The camera says that it can show nothing now. Look at its source, and try again.',
  })
}
