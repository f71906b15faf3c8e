import type { AccessoryClient } from '../accessory-client.ts'
import { DataStreamClient } from '../data-stream.ts'
import { HubError, isHubError } from '../errors.ts'
import { Recording } from '../recording.ts'
import type { HubProfile, Stance } from './profile.ts'

/**
 * Hubs of the first years opened their data stream when they met the camera and kept it; today's do
 * when something moves.
 *
 * @see HomeKit Secure Video specification R2 §6
 */
export const oldOs: HubProfile = {
  name: 'old-os',
  does: 'opens the data stream when it meets the camera, and the recording on it when it moves',
  expects: 'takes the data stream at any time, and leaves it open',

  async stand(client, signal): Promise<Stance> {
    const stream = await DataStreamClient.open(client, signal)
    return {
      open: () => openOn(stream, client, signal),
      [Symbol.asyncDispose]: () => stream.close(),
    }
  },

  async afterArming(client, _selected, signal) {
    const stream = await DataStreamClient.open(client, signal)
    try {
      const { type } = await stream.next(signal)
      if (type === 'ready') return
      throw new HubError('HUB_UNEXPECTED', {
        message: `Expected an answer to hello on a data stream without a recording; ${type} came.`,
      })
    } finally {
      await stream.close()
    }
  },
}

/** A camera may have closed a stream that lay idle: another one is opened then. */
async function openOn(
  stream: DataStreamClient,
  client: AccessoryClient,
  signal: AbortSignal | undefined,
): Promise<Recording> {
  try {
    return await Recording.start(stream, signal)
  } catch (error) {
    const isLost = isHubError(error) && error.code === 'HUB_CONNECTION_LOST'
    if (!isLost || client.signal.aborted) throw error
    return Recording.open(client, signal)
  }
}
