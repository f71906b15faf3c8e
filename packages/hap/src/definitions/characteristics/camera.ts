import {
  type CharacteristicTable,
  CONTROL,
  CONTROL_POINT,
  OBSERVE,
  READ,
  states,
} from '../characteristic-definition.ts'

/** Formats of {@link camera}. */
export interface CameraFormats {
  supportedVideoStreamConfiguration: 'tlv8'
  supportedAudioStreamConfiguration: 'tlv8'
  supportedRtpConfiguration: 'tlv8'
  selectedRtpStreamConfiguration: 'tlv8'
  selectedAudioStreamConfiguration: 'tlv8'
  setupEndpoints: 'tlv8'
  streamingStatus: 'tlv8'
  supportedDataStreamTransportConfiguration: 'tlv8'
  setupDataStreamTransport: 'tlv8'
  supportedCameraRecordingConfiguration: 'tlv8'
  supportedVideoRecordingConfiguration: 'tlv8'
  supportedAudioRecordingConfiguration: 'tlv8'
  selectedCameraRecordingConfiguration: 'tlv8'
  recordingAudioActive: 'uint8'
  eventSnapshotsActive: 'uint8'
  homeKitCameraActive: 'uint8'
  periodicSnapshotsActive: 'uint8'
  cameraOperatingModeIndicator: 'bool'
  nightVision: 'bool'
  manuallyDisabled: 'bool'
  thirdPartyCameraActive: 'uint8'
  diagonalFieldOfView: 'float'
  opticalZoom: 'float'
  digitalZoom: 'float'
  imageRotation: 'float'
  imageMirroring: 'bool'
}

/**
 * Cameras and data streams.
 *
 * Where the Secure Video specification and devices of the field disagree (formats of 223, 21B, 225
 * and 21C, the UUIDs 205 and 227, timed writes), this table says what we ship.
 *
 * @see HomeKit Accessory Protocol R2 chapter 9, Secure Video R2 §3
 */
export const camera: CharacteristicTable<CameraFormats> = {
  supportedVideoStreamConfiguration: { type: '114', format: 'tlv8', perms: READ },
  supportedAudioStreamConfiguration: { type: '115', format: 'tlv8', perms: READ },
  supportedRtpConfiguration: { type: '116', format: 'tlv8', perms: READ },
  selectedRtpStreamConfiguration: { type: '117', format: 'tlv8', perms: ['pr', 'pw'] },
  selectedAudioStreamConfiguration: { type: '128', format: 'tlv8', perms: ['pr', 'pw'] },
  setupEndpoints: { type: '118', format: 'tlv8', perms: ['pr', 'pw'] },
  streamingStatus: { type: '120', format: 'tlv8', perms: OBSERVE },
  supportedDataStreamTransportConfiguration: { type: '130', format: 'tlv8', perms: READ },
  setupDataStreamTransport: { type: '131', format: 'tlv8', perms: CONTROL_POINT },
  supportedCameraRecordingConfiguration: { type: '205', format: 'tlv8', perms: OBSERVE },
  supportedVideoRecordingConfiguration: { type: '206', format: 'tlv8', perms: OBSERVE },
  supportedAudioRecordingConfiguration: { type: '207', format: 'tlv8', perms: OBSERVE },
  selectedCameraRecordingConfiguration: { type: '209', format: 'tlv8', perms: CONTROL },
  recordingAudioActive: { type: '226', ...states(1), perms: ['pr', 'pw', 'ev', 'tw'] },
  eventSnapshotsActive: { type: '223', ...states(1), perms: CONTROL },
  homeKitCameraActive: { type: '21B', ...states(1), perms: CONTROL },
  periodicSnapshotsActive: { type: '225', ...states(1), perms: CONTROL },
  cameraOperatingModeIndicator: { type: '21D', format: 'bool', perms: ['pr', 'pw', 'ev', 'tw'] },
  nightVision: { type: '11B', format: 'bool', perms: CONTROL },
  manuallyDisabled: { type: '227', format: 'bool', perms: OBSERVE },
  thirdPartyCameraActive: { type: '21C', ...states(1), perms: OBSERVE },
  diagonalFieldOfView: {
    type: '224',
    format: 'float',
    minValue: 0,
    maxValue: 360,
    unit: 'arcdegrees',
    perms: OBSERVE,
  },
  opticalZoom: { type: '11C', format: 'float', perms: CONTROL },
  digitalZoom: { type: '11D', format: 'float', perms: CONTROL },
  imageRotation: {
    type: '11E',
    format: 'float',
    minValue: 0,
    maxValue: 270,
    minStep: 90,
    unit: 'arcdegrees',
    perms: CONTROL,
  },
  imageMirroring: { type: '11F', format: 'bool', perms: CONTROL },
}
