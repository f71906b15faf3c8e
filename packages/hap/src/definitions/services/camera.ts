import type { ServiceTable } from '../service-definition.ts'

/** Names of {@link cameraServices}. */
export type CameraServiceName =
  | 'cameraRtpStreamManagement'
  | 'cameraControl'
  | 'microphone'
  | 'speaker'
  | 'doorbell'
  | 'cameraOperatingMode'
  | 'dataStreamTransportManagement'
  | 'cameraEventRecordingManagement'
  | 'audioStreamManagement'

/**
 * Cameras, doorbells and their streams. Secure Video asks for `active` of RTP stream management,
 * which is optional elsewhere.
 *
 * @see HomeKit Accessory Protocol R2 chapter 8, Secure Video R2 §2
 */
export const cameraServices: ServiceTable<CameraServiceName> = {
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
  cameraControl: {
    type: '111',
    characteristics: ['on'],
    optional: [
      'currentHorizontalTiltAngle',
      'targetHorizontalTiltAngle',
      'currentVerticalTiltAngle',
      'targetVerticalTiltAngle',
      'nightVision',
      'opticalZoom',
      'digitalZoom',
      'imageRotation',
      'imageMirroring',
      'name',
    ],
  },
  microphone: { type: '112', characteristics: ['mute'], optional: ['volume', 'name'] },
  // Televisions have the last two.
  speaker: {
    type: '113',
    characteristics: ['mute'],
    optional: ['volume', 'active', 'name', 'volumeControlType', 'volumeSelector'],
  },
  doorbell: {
    type: '121',
    characteristics: ['programmableSwitchEvent'],
    optional: ['volume', 'brightness', 'mute', 'name', 'operatingStateResponse'],
  },
  cameraOperatingMode: {
    type: '21A',
    characteristics: ['eventSnapshotsActive', 'homeKitCameraActive', 'periodicSnapshotsActive'],
    optional: [
      'cameraOperatingModeIndicator',
      'nightVision',
      'manuallyDisabled',
      'thirdPartyCameraActive',
      'diagonalFieldOfView',
    ],
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
  audioStreamManagement: {
    type: '127',
    characteristics: ['supportedAudioStreamConfiguration', 'selectedAudioStreamConfiguration'],
  },
}
