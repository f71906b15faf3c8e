import { optionalCharacteristic } from '../../database.ts'
import { HubError } from '../../errors.ts'
import type { Experiment } from '../lab.ts'
import { armed } from './armed.ts'
import { accessories, camera, type DatabaseEvidence, database } from './database.ts'
import { readValue } from './requests.ts'

const UP_MS = 30_000

/** How the camera was before a restart, and is after it. */
export interface RestartEvidence {
  readonly before: DatabaseEvidence
  readonly after: DatabaseEvidence
  readonly selected: unknown
  readonly wanted: string
  readonly active: unknown
  readonly cameraActive: unknown
}

/** Restarts the camera, and looks at it again. */
export const restarted: Experiment<RestartEvidence> = {
  name: 'connect after a restart',
  rule: 'restart-keeps-pairing',
  async run(lab) {
    const { base64 } = await lab.get(armed)
    const before = await lab.get(database)
    const { restart } = lab.options
    if (restart !== undefined) await lab.act('restart', restart)
    const deadline = performance.now() + UP_MS
    for (;;) {
      try {
        const session = await lab.connect()
        session.close()
        break
      } catch (error) {
        if (performance.now() > deadline) throw new HubError('HUB_UNREACHABLE', { cause: error })
        await lab.sleep(500)
      }
    }
    lab.forget(accessories)
    lab.forget(database)
    lab.forget(camera)
    const after = await lab.get(database)
    const { recording, mode } = await lab.get(camera)
    const session = await lab.session()
    const read = async (
      service: typeof recording,
      name: 'active' | 'homeKitCameraActive' | 'selectedCameraRecordingConfiguration',
    ) => {
      const characteristic = optionalCharacteristic(service, name)
      return characteristic && (await readValue(session, characteristic).catch(() => undefined))
    }
    return {
      before,
      after,
      wanted: base64,
      selected: await read(recording, 'selectedCameraRecordingConfiguration'),
      active: await read(recording, 'active'),
      cameraActive: await read(mode, 'homeKitCameraActive'),
    }
  },
}
