import { dataSendReason, hdsStatus, reasonName } from '@hksv/hds'

import { AccessoryClient } from '../accessory-client.ts'
import { characteristicOf, type RemoteDatabase } from '../database.ts'
import { Rival } from '../profiles/two-hubs.ts'
import { type Fault, type FaultSite, healthy, sick } from './fault.ts'
import { closed } from './setup-faults.ts'
import { askToRecord, isMedia, recording } from './stream.ts'

const CLOSE_MS = 5000
/** A fragment takes four seconds to come. */
const MEDIA_MS = 12_000
const CLOSING = 'HomeKit Data Stream: dataSend close'

/** What befalls a recording. */
export const recordingFaults: readonly Fault[] = [
  {
    name: 'close-mid-fragment',
    does: 'closes the recording in the middle of a fragment, and opens another one',
    expects: 'sends nothing more of the first one, and grants the second',
    source: CLOSING,
    inject: closeMidFragment,
  },
  {
    name: 'lost-mid-fragment',
    does: 'breaks off the data stream in the middle of a fragment',
    expects: 'is free at once',
    source: CLOSING,
    async inject(site) {
      const stream = await recording(site)
      stream.close()
      return healthy('it was told nothing')
    },
  },
  {
    name: 'stray-close',
    does: 'closes a recording that never was while another one runs',
    expects: 'goes on',
    source: CLOSING,
    async inject(site) {
      const stream = await recording(site)
      stream.event('close', { streamId: 99, reason: dataSendReason.timeout })
      await stream.messages.take(MEDIA_MS, isMedia(1))
      stream.close()
      return healthy('it went on')
    },
  },
  {
    name: 'lost-hap',
    does: 'breaks off the HAP connection while it records',
    expects: 'closes the data stream, which belongs to it',
    source: 'HomeKit Data Stream: its keys belong to the session that set it up',
    async inject(site) {
      const stream = await recording(site)
      site.client.close()
      return closed(stream, CLOSE_MS)
    },
  },
  {
    name: 'camera-off',
    does: 'switches the camera off (HomeKitCameraActive) while it records, and on again',
    expects: 'closes the recording as not allowed (1)',
    source: 'HomeKit Secure Video specification R2, active states',
    inject: cameraOff,
  },
  {
    name: 'pairing-removed',
    does: 'removes the pairing of another hub while that one records',
    expects: 'closes its connections, and keeps the other pairings',
    source: 'HomeKit Accessory Protocol R2 §5.11',
    inject: pairingRemoved,
  },
  {
    name: 'database-again',
    does: 'connects again and reads the database while it records, as when c# has changed',
    expects: 'answers with the same services, and goes on recording',
    source: 'HomeKit Accessory Protocol R2 §6.6.1',
    inject: databaseAgain,
  },
]

async function closeMidFragment(site: FaultSite) {
  const stream = await recording(site)
  try {
    stream.event('close', { streamId: 1, reason: dataSendReason.normal })
    const { status, reason } = await askToRecord(stream, { streamId: 2 })
    if (status !== hdsStatus.success) {
      return sick(`it refused the second one with status ${status}, ${reason}`)
    }
    const next = await stream.messages.take(MEDIA_MS, ({ header }) => header.topic === 'data')
    return next.message.get('streamId') === 2
      ? healthy('it went on with the second one')
      : sick('it went on with the first one')
  } finally {
    stream.close()
  }
}

async function cameraOff(site: FaultSite) {
  const { database } = site.client
  const management = database.service('cameraEventRecordingManagement')
  const mode = database.serviceOf(management, 'cameraOperatingMode')
  const active = characteristicOf(mode, 'homeKitCameraActive')
  const stream = await recording(site)
  try {
    await site.client.write(active, 0)
    const { message } = await stream.messages.take(
      CLOSE_MS,
      ({ header }) => header.topic === 'close',
    )
    const reason = Number(message.get('reason'))
    const came = `it closed the recording: ${reasonName(reason)}`
    return reason === dataSendReason.notAllowed ? healthy(came) : sick(came)
  } finally {
    stream.close()
    await site.client.write(active, 1)
  }
}

async function pairingRemoved(site: FaultSite) {
  const rival = await Rival.join(site.client, site.signal)
  try {
    const stream = await recording({ ...site, client: rival.client })
    await site.client.removePairing(rival.identifier)
    const outcome = await closed(stream, CLOSE_MS)
    if (!outcome.isHealthy || rival.client.signal.aborted) return outcome
    return sick('its HAP connection is open')
  } finally {
    await rival.leave()
  }
}

async function databaseAgain(site: FaultSite) {
  const stream = await recording(site)
  try {
    const { client, signal } = site
    await using again = await AccessoryClient.reconnect(client, signal)
    if (shapeOf(again.database) !== shapeOf(client.database)) {
      return sick('it has other services now')
    }
    await stream.messages.take(MEDIA_MS, isMedia(1))
    return healthy('it has the same services, and went on')
  } finally {
    stream.close()
  }
}

/** A database without its values. */
function shapeOf({ services }: RemoteDatabase): string {
  return JSON.stringify(services, (key, value: unknown) => (key === 'value' ? undefined : value))
}
