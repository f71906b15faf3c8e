import type { SelectedCameraRecordingConfiguration } from '@hksv/hap'

import type { AccessoryClient } from '../accessory-client.ts'
import { HubError } from '../errors.ts'
import { Recording } from '../recording.ts'
import { armedConfiguration, select } from '../secure-video.ts'
import type { HubProfile, Stance } from './profile.ts'

/**
 * Hubs select again when they come back, when face recognition is switched and when recordings are,
 * also while one runs.
 *
 * @see observed: Apple home hubs (800 kbit/s without face recognition, 2000 with it)
 */
export const reSelects: HubProfile = {
  name: 're-selects',
  does: 'selects another bit rate while it records, closes, and records again',
  expects: 'goes on with the running recording, and grants the next one',

  async stand(client, signal): Promise<Stance> {
    const before = await armedConfiguration(client)
    return {
      open: () => recordTwice(client, before, signal),
      async [Symbol.asyncDispose]() {
        if (before !== undefined && !client.signal.aborted) await select(client, before)
      },
    }
  },

  /** The same again, which must not disturb anything. */
  async afterArming(client, selected) {
    await select(client, selected)
    if ((await armedConfiguration(client)) !== undefined) return
    throw new HubError('HUB_UNEXPECTED', {
      message: 'Expected the camera to stay armed when the same is selected again; it does not.',
    })
  },
}

async function recordTwice(
  client: AccessoryClient,
  before: SelectedCameraRecordingConfiguration | undefined,
  signal: AbortSignal | undefined,
): Promise<Recording> {
  const first = await Recording.open(client, signal)
  let fragments = 0
  for await (const { dataType } of first) {
    if (dataType === 'mediaInitialization') continue
    fragments++
    if (fragments === 1 && before !== undefined) await select(client, otherBitRate(before))
    else break
  }
  if (first.end?.by !== 'hub') {
    throw new HubError('HUB_UNEXPECTED', {
      message:
        'Expected the recording to go on while another configuration is selected; it ended after ' +
        `${fragments} fragments: ${first.end?.reason}.`,
    })
  }
  return Recording.open(client, signal)
}

function otherBitRate(
  selected: SelectedCameraRecordingConfiguration,
): SelectedCameraRecordingConfiguration {
  const { parameters } = selected.video
  const bitRateKbps = parameters.bitRateKbps === 800 ? 2000 : 800
  return { ...selected, video: { ...selected.video, parameters: { ...parameters, bitRateKbps } } }
}
