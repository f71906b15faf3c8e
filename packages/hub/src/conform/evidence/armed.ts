import {
  type SelectedCameraRecordingConfiguration,
  selectedCameraRecordingConfiguration,
  supportedAudioRecordingConfiguration,
  supportedCameraRecordingConfiguration,
  supportedVideoRecordingConfiguration,
} from '@hksv/hap'

import { chooseConfiguration, type Offer } from '../../choose-configuration.ts'
import { optionalCharacteristic, type RemoteCharacteristic } from '../../database.ts'
import { HubError } from '../../errors.ts'
import type { Experiment, Lab } from '../lab.ts'
import { type Answer, entriesOf } from '../wire/answers.ts'
import type { RawSession } from '../wire/raw-session.ts'
import { camera, cameraCharacteristic } from './database.ts'
import { get, put, writeValue } from './requests.ts'
import { initialStates } from './states.ts'

/** The TLVs of what a camera offers to record, as it sends them. */
export interface OfferBytes {
  readonly general: Uint8Array
  readonly video: Uint8Array
  readonly audio: Uint8Array
}

/** What the camera offers to record, in bytes. */
export const offerBytes: Experiment<OfferBytes> = {
  name: 'read what the camera offers to record',
  rule: 'offer-general-readable',
  async run(lab) {
    const general = await cameraCharacteristic(
      lab,
      'recording',
      'supportedCameraRecordingConfiguration',
    )
    const video = await cameraCharacteristic(
      lab,
      'recording',
      'supportedVideoRecordingConfiguration',
    )
    const audio = await cameraCharacteristic(
      lab,
      'recording',
      'supportedAudioRecordingConfiguration',
    )
    const answer = await get(await lab.session(), [general, video, audio])
    const bytes = (wanted: RemoteCharacteristic) => {
      const entry = entriesOf(answer).find(({ iid }) => iid === wanted.iid)
      return Buffer.from(typeof entry?.value === 'string' ? entry.value : '', 'base64')
    }
    return { general: bytes(general), video: bytes(video), audio: bytes(audio) }
  },
}

/** What the camera offers to record, as a hub reads it. */
export const offer: Experiment<Offer> = {
  name: 'understand what the camera offers to record',
  rule: 'arming-works',
  async run(lab) {
    const { general, video, audio } = await lab.get(offerBytes)
    return {
      general: supportedCameraRecordingConfiguration.decodeLenient(general),
      video: supportedVideoRecordingConfiguration.decodeLenient(video),
      audio: supportedAudioRecordingConfiguration.decodeLenient(audio),
    }
  },
}

/** What arming came to. */
export interface Armed {
  readonly selected: SelectedCameraRecordingConfiguration
  /** Of 209, as written. */
  readonly base64: string
  /** The answer to reading 209 after that. */
  readonly readBack: Answer
  /** On the clock of `performance.now()`: the prebuffer began to fill. */
  readonly at: number
}

/** Selects a configuration and switches everything on, as a home hub does. */
export const armed: Experiment<Armed> = {
  name: 'arm the camera',
  rule: 'arming-works',
  async run(lab) {
    await lab.get(initialStates)
    const selected = chooseConfiguration(await lab.get(offer))
    const base64 = Buffer.from(selectedCameraRecordingConfiguration.encode(selected)).toString(
      'base64',
    )
    const selection = await cameraCharacteristic(
      lab,
      'recording',
      'selectedCameraRecordingConfiguration',
    )
    const session = await lab.session()
    const { mode } = await lab.get(camera)
    const isOffered = (name: string) => mode.characteristics.some(each => each.name === name)
    if (!isOffered('homeKitCameraActive'))
      throw new HubError('HUB_PROTOCOL', { message: 'The camera has no HomeKitCameraActive.' })
    await writeValue(session, selection, base64)
    await switchOn(lab, session)
    const readBack = await get(session, [selection])
    await subscribe(lab, session)
    return { selected, base64, readBack, at: performance.now() }
  },
}

/** All switches as they are in "Stream & Allow Recording". */
export async function switchOn(lab: Lab, session: RawSession): Promise<void> {
  const { recording, mode, streams } = await lab.get(camera)
  const audio = optionalCharacteristic(recording, 'recordingAudioActive')
  for (const name of [
    'homeKitCameraActive',
    'eventSnapshotsActive',
    'periodicSnapshotsActive',
  ] as const) {
    const characteristic = optionalCharacteristic(mode, name)
    if (characteristic !== undefined) await writeValue(session, characteristic, 1)
  }
  for (const service of [...streams, recording]) {
    const active = optionalCharacteristic(service, 'active')
    if (service === recording && audio !== undefined) await writeValue(session, audio, 1)
    if (active !== undefined) await writeValue(session, active, 1)
  }
}

/** Asks for the events of motion. */
async function subscribe(lab: Lab, session: RawSession): Promise<void> {
  const motion = await cameraCharacteristic(lab, 'motion', 'motionDetected')
  await put(session, [{ characteristic: motion, ev: true }])
}
