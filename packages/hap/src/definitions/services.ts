import { longUuid } from '../uuid.ts'
import { type CharacteristicName, characteristics } from './characteristics.ts'

/** One row of the table of services. */
export interface ServiceDefinition {
  /** Short UUID, upper case. */
  readonly type: string
  readonly characteristics: readonly CharacteristicName[]
  readonly optional?: readonly CharacteristicName[]
  /** What only administrators may write: a guest must not switch the camera off. */
  readonly adminWrites?: readonly CharacteristicName[]
}

/**
 * The services of a Secure Video camera and doorbell.
 *
 * @see HomeKit Accessory Protocol R2 chapter 8, Secure Video R2 §2
 */
export const services: { readonly [name in ServiceName]: ServiceDefinition } = {
  accessoryInformation: {
    type: '3E',
    characteristics: [
      'identify',
      'manufacturer',
      'model',
      'name',
      'serialNumber',
      'firmwareRevision',
    ],
    optional: ['hardwareRevision'],
  },
  protocolInformation: { type: 'A2', characteristics: ['version'] },
  cameraRtpStreamManagement: {
    type: '110',
    characteristics: [
      'streamingStatus',
      'supportedVideoStreamConfiguration',
      'supportedAudioStreamConfiguration',
      'supportedRtpConfiguration',
      'selectedRtpStreamConfiguration',
      'setupEndpoints',
      'active',
    ],
    adminWrites: ['active'],
  },
  microphone: { type: '112', characteristics: ['mute'] },
  speaker: { type: '113', characteristics: ['mute'] },
  motionSensor: { type: '85', characteristics: ['motionDetected', 'statusActive'] },
  doorbell: { type: '121', characteristics: ['programmableSwitchEvent'] },
  cameraOperatingMode: {
    type: '21A',
    characteristics: ['eventSnapshotsActive', 'homeKitCameraActive', 'periodicSnapshotsActive'],
    optional: ['cameraOperatingModeIndicator', 'nightVision', 'manuallyDisabled'],
    adminWrites: ['eventSnapshotsActive', 'homeKitCameraActive', 'periodicSnapshotsActive'],
  },
  dataStreamTransportManagement: {
    type: '129',
    characteristics: [
      'supportedDataStreamTransportConfiguration',
      'setupDataStreamTransport',
      'version',
    ],
  },
  cameraEventRecordingManagement: {
    type: '204',
    characteristics: [
      'active',
      'supportedCameraRecordingConfiguration',
      'supportedVideoRecordingConfiguration',
      'supportedAudioRecordingConfiguration',
      'selectedCameraRecordingConfiguration',
      'recordingAudioActive',
    ],
    adminWrites: ['active', 'selectedCameraRecordingConfiguration'],
  },
}

/** Names of {@link services}. */
export type ServiceName =
  | 'accessoryInformation'
  | 'protocolInformation'
  | 'cameraRtpStreamManagement'
  | 'microphone'
  | 'speaker'
  | 'motionSensor'
  | 'doorbell'
  | 'cameraOperatingMode'
  | 'dataStreamTransportManagement'
  | 'cameraEventRecordingManagement'

/** @returns The name of the service with this UUID, long or short, if the table knows it. */
export function serviceName(type: string): ServiceName | undefined {
  return nameOf(services, type)
}

/** @returns The name of the characteristic with this UUID, if the table knows it. */
export function characteristicName(type: string): CharacteristicName | undefined {
  return nameOf(characteristics, type)
}

function nameOf<Name extends string>(
  table: Readonly<Record<Name, { readonly type: string }>>,
  type: string,
): Name | undefined {
  const wanted = longUuid(type)
  return (Object.keys(table) as Name[]).find(name => longUuid(table[name].type) === wanted)
}
