import { optionalCharacteristic, type RemoteCharacteristic, type Value } from '../../database.ts'
import type { Experiment, Lab } from '../lab.ts'
import { entriesOf, entryStatus } from '../wire/answers.ts'
import { camera } from './database.ts'
import { pairing } from './pairing.ts'
import { get, writeValue } from './requests.ts'

/** What a hub sets of a camera, and the run changes. */
export interface States {
  readonly all: readonly {
    readonly characteristic: RemoteCharacteristic
    readonly value: unknown
    readonly status: number
  }[]
  /** Characteristic 209, base64; undefined when nothing was selected. */
  readonly selected: string | undefined
}

/** How the camera was set when the run began; put back at its end. */
export const initialStates: Experiment<States> = {
  name: 'read how the camera is set',
  rule: 'arming-works',
  async run(lab) {
    const { recording, mode, streams } = await lab.get(camera)
    const wanted = [
      ...['eventSnapshotsActive', 'homeKitCameraActive', 'periodicSnapshotsActive'].map(name => ({
        service: mode,
        name,
      })),
      ...streams.map(service => ({ service, name: 'active' })),
      ...['recordingAudioActive', 'active'].map(name => ({ service: recording, name })),
    ].flatMap(({ service, name }) => service.characteristics.filter(each => each.name === name))
    const selection = optionalCharacteristic(recording, 'selectedCameraRecordingConfiguration')
    const session = await lab.session()
    const answer = await get(session, selection === undefined ? wanted : [...wanted, selection])
    const entries = entriesOf(answer)
    const entryFor = ({ aid, iid }: RemoteCharacteristic) =>
      entries.find(entry => entry.aid === aid && entry.iid === iid)
    const all = wanted.map(characteristic => {
      const entry = entryFor(characteristic)
      return { characteristic, value: entry?.value, status: entryStatus(entry) ?? 0 }
    })
    const value = selection && entryFor(selection)?.value
    const selected = typeof value === 'string' && value !== '' ? value : undefined
    const { isOurs } = await lab.get(pairing)
    // A pairing of this run is taken back, and the camera forgets all of it by itself.
    if (!isOurs)
      lab.finally('the settings of the camera', () => restore(lab, { all, selected }, selection))
    return { all, selected }
  },
}

async function restore(
  lab: Lab,
  states: States,
  selection: RemoteCharacteristic | undefined,
): Promise<void> {
  const session = await lab.session()
  if (states.selected !== undefined && selection !== undefined) {
    await writeValue(session, selection, states.selected)
  }
  for (const { characteristic, value, status } of states.all) {
    if (status === 0 && value !== undefined)
      await writeValue(session, characteristic, value as Value)
  }
}
