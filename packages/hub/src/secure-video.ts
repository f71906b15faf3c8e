import {
  type SelectedCameraRecordingConfiguration,
  selectedCameraRecordingConfiguration,
  supportedAudioRecordingConfiguration,
  supportedCameraRecordingConfiguration,
  supportedVideoRecordingConfiguration,
} from '@hksv/hap'
import { isTlvError } from '@hksv/tlv8'

import type { AccessoryClient } from './accessory-client.ts'
import { chooseConfiguration, type Offer, type Wishes } from './choose-configuration.ts'
import { characteristicOf, optionalCharacteristic, type RemoteCharacteristic } from './database.ts'
import { decodeTlv } from './tlv-value.ts'

/** What to arm a camera with. */
export interface ArmOptions extends Wishes {
  /** Whether recordings have sound; true unless given. */
  readonly audio?: boolean
}

/**
 * Reads what a camera offers to record.
 *
 * @throws HubError `HUB_NO_CAMERA` when it is no Secure Video camera, `HUB_PROTOCOL`
 */
export async function readOffer(client: AccessoryClient): Promise<Offer> {
  const service = client.database.service('cameraEventRecordingManagement')
  const general = characteristicOf(service, 'supportedCameraRecordingConfiguration')
  const video = characteristicOf(service, 'supportedVideoRecordingConfiguration')
  const audio = characteristicOf(service, 'supportedAudioRecordingConfiguration')
  const readings = await client.read([general, video, audio])
  const current = (wanted: RemoteCharacteristic) =>
    readings.find(({ characteristic }) => characteristic === wanted)?.value ?? wanted.value
  return {
    general: decodeTlv(supportedCameraRecordingConfiguration, current(general), general),
    video: decodeTlv(supportedVideoRecordingConfiguration, current(video), video),
    audio: decodeTlv(supportedAudioRecordingConfiguration, current(audio), audio),
  }
}

/**
 * Does what a home hub does when "Stream & Allow Recording" is chosen: selects a configuration and
 * switches everything on.
 *
 * @returns What was selected.
 * @throws HubError `HUB_NO_CAMERA`, `HUB_REFUSED`, and those of the connection
 */
export async function arm(
  client: AccessoryClient,
  options: ArmOptions = {},
): Promise<SelectedCameraRecordingConfiguration> {
  const { audio = true, ...wishes } = options
  const { database } = client
  const recording = database.service('cameraEventRecordingManagement')
  const mode = database.serviceOf(recording, 'cameraOperatingMode')
  const selected = chooseConfiguration(await readOffer(client), wishes)
  await select(client, selected)
  await client.write(characteristicOf(mode, 'homeKitCameraActive'), 1)
  for (const name of ['eventSnapshotsActive', 'periodicSnapshotsActive'] as const) {
    const characteristic = optionalCharacteristic(mode, name)
    if (characteristic !== undefined) await client.write(characteristic, 1)
  }
  for (const stream of database.all('cameraRtpStreamManagement')) {
    const active = optionalCharacteristic(stream, 'active')
    if (stream.aid === recording.aid && active !== undefined) await client.write(active, 1)
  }
  const sound = optionalCharacteristic(recording, 'recordingAudioActive')
  if (sound !== undefined) await client.write(sound, audio ? 1 : 0)
  await client.write(characteristicOf(recording, 'active'), 1)
  return selected
}

/**
 * Selects a configuration, and switches nothing.
 *
 * @throws HubError `HUB_NO_CAMERA`, `HUB_REFUSED`, and those of the connection
 */
export async function select(
  client: AccessoryClient,
  selected: SelectedCameraRecordingConfiguration,
): Promise<void> {
  const recording = client.database.service('cameraEventRecordingManagement')
  const bytes = selectedCameraRecordingConfiguration.encode(selected)
  await client.write(
    characteristicOf(recording, 'selectedCameraRecordingConfiguration'),
    Buffer.from(bytes).toString('base64'),
  )
}

/**
 * What a camera is told to record.
 *
 * @returns Undefined when it is not armed: something is switched off, or nothing is selected.
 * @throws HubError `HUB_NO_CAMERA`, and those of the connection
 */
export async function armedConfiguration(
  client: AccessoryClient,
): Promise<SelectedCameraRecordingConfiguration | undefined> {
  const { database } = client
  const recording = database.service('cameraEventRecordingManagement')
  const mode = database.serviceOf(recording, 'cameraOperatingMode')
  const selected = characteristicOf(recording, 'selectedCameraRecordingConfiguration')
  const switches = [
    characteristicOf(recording, 'active'),
    characteristicOf(mode, 'homeKitCameraActive'),
  ]
  const readings = await client.read([selected, ...switches])
  const valueAt = (wanted: RemoteCharacteristic) =>
    readings.find(({ characteristic }) => characteristic === wanted)?.value
  if (switches.some(each => Number(valueAt(each) ?? 0) !== 1)) return undefined
  const value = valueAt(selected)
  if (typeof value !== 'string' || value === '') return undefined
  try {
    return selectedCameraRecordingConfiguration.decodeLenient(Buffer.from(value, 'base64'))
  } catch (error) {
    if (!isTlvError(error)) throw error
    return undefined
  }
}

/**
 * "Stream": recordings are off, everything else stays as it is.
 *
 * @throws HubError `HUB_NO_CAMERA`, `HUB_REFUSED`, and those of the connection
 */
export async function disarm(client: AccessoryClient): Promise<void> {
  const recording = client.database.service('cameraEventRecordingManagement')
  await client.write(characteristicOf(recording, 'active'), 0)
}

/**
 * The characteristic that says whether something moves, of the sensor that recordings hang on.
 *
 * @throws HubError `HUB_NO_CAMERA`
 */
export function motionCharacteristic({ database }: AccessoryClient): RemoteCharacteristic {
  const recording = database.service('cameraEventRecordingManagement')
  return characteristicOf(database.serviceOf(recording, 'motionSensor'), 'motionDetected')
}
