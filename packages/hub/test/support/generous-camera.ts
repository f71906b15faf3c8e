import { startHub, type TestCamera, type TestHubOptions } from '@hksv/hub/testing'
import { onTestFinished } from 'vitest'

import { recordingOf } from './media.ts'
import { setupCode, TestAccessory } from './test-accessory.ts'

export const media = recordingOf(3)

/** A camera that grants every recording and closes nothing, with a hub that is paired with it. */
export async function generousCamera(
  options: TestHubOptions = {},
): Promise<{ accessory: TestAccessory; camera: TestCamera }> {
  const accessory = await TestAccessory.start()
  accessory.recorder.onRequested = stream => {
    stream.accept()
    stream.sendInit(media)
    stream.sendFragments(media.fragments)
  }
  const hub = await startHub(options)
  onTestFinished(() => hub.close())
  return { accessory, camera: await hub.pair({ ...accessory.address, code: setupCode }) }
}
