/** How a characteristic's value is written in JSON. @see HomeKit Accessory Protocol R2 table 6-5 */
export type CharacteristicFormat =
  | 'bool'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'int'
  | 'float'
  | 'string'
  | 'tlv8'
  | 'data'

/**
 * What may be done with a characteristic: `pr` read, `pw` write, `ev` notify, `aa` additional
 * authorization, `tw` only timed writes, `wr` write response, `hd` hidden.
 *
 * @see HomeKit Accessory Protocol R2 table 6-4
 */
export type CharacteristicPermission = 'pr' | 'pw' | 'ev' | 'aa' | 'tw' | 'wr' | 'hd'

/**
 * A value of this format as it stands in JSON: `tlv8` and `data` as base64, `uint64` as a number
 * that is exact up to 2^53 - 1.
 */
export type FormatValue<F extends CharacteristicFormat> = F extends 'bool'
  ? boolean
  : F extends 'string' | 'tlv8' | 'data'
    ? string
    : number

/** One row of the attribute database's table. */
export interface CharacteristicDefinition<F extends CharacteristicFormat = CharacteristicFormat> {
  /** Short UUID, upper case. */
  readonly type: string
  readonly format: F
  readonly perms: readonly CharacteristicPermission[]
  readonly unit?: 'celsius' | 'percentage' | 'arcdegrees' | 'lux' | 'seconds'
  readonly minValue?: number
  readonly maxValue?: number
  readonly minStep?: number
  readonly validValues?: readonly number[]
  /** Longest string in bytes; 64 unless given. */
  readonly maxLength?: number
  /** Sent at once and never merged with other changes. */
  readonly isImmediate?: boolean
}

/** The format of each characteristic by name: the specification's words. */
export interface CharacteristicFormats {
  identify: 'bool'
  manufacturer: 'string'
  model: 'string'
  name: 'string'
  serialNumber: 'string'
  firmwareRevision: 'string'
  hardwareRevision: 'string'
  version: 'string'
  active: 'uint8'
  mute: 'bool'
  motionDetected: 'bool'
  statusActive: 'bool'
  programmableSwitchEvent: 'uint8'
  supportedVideoStreamConfiguration: 'tlv8'
  supportedAudioStreamConfiguration: 'tlv8'
  supportedRtpConfiguration: 'tlv8'
  selectedRtpStreamConfiguration: 'tlv8'
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
}

/** Names of {@link characteristics}. */
export type CharacteristicName = keyof CharacteristicFormats

const SWITCH = { format: 'uint8', minValue: 0, maxValue: 1, minStep: 1 } as const

/**
 * The characteristics that cameras and doorbells use.
 *
 * Where the Secure Video specification and devices of the field disagree (formats of 223, 21B and
 * 225, the UUIDs 205 and 227, timed writes), this table says what we ship.
 *
 * @see HomeKit Accessory Protocol R2 chapter 9, Secure Video R2 §3
 */
export const characteristics: {
  readonly [N in CharacteristicName]: CharacteristicDefinition<CharacteristicFormats[N]>
} = {
  identify: { type: '14', format: 'bool', perms: ['pw'] },
  manufacturer: { type: '20', format: 'string', perms: ['pr'] },
  model: { type: '21', format: 'string', perms: ['pr'] },
  name: { type: '23', format: 'string', perms: ['pr'] },
  serialNumber: { type: '30', format: 'string', perms: ['pr'] },
  firmwareRevision: { type: '52', format: 'string', perms: ['pr'] },
  hardwareRevision: { type: '53', format: 'string', perms: ['pr'] },
  version: { type: '37', format: 'string', perms: ['pr'] },
  active: { type: 'B0', ...SWITCH, perms: ['pr', 'pw', 'ev'] },
  mute: { type: '11A', format: 'bool', perms: ['pr', 'pw', 'ev'] },
  motionDetected: { type: '22', format: 'bool', perms: ['pr', 'ev'], isImmediate: true },
  statusActive: { type: '75', format: 'bool', perms: ['pr', 'ev'] },
  programmableSwitchEvent: {
    type: '73',
    format: 'uint8',
    perms: ['pr', 'ev'],
    minValue: 0,
    maxValue: 0,
    validValues: [0],
    isImmediate: true,
  },
  supportedVideoStreamConfiguration: { type: '114', format: 'tlv8', perms: ['pr'] },
  supportedAudioStreamConfiguration: { type: '115', format: 'tlv8', perms: ['pr'] },
  supportedRtpConfiguration: { type: '116', format: 'tlv8', perms: ['pr'] },
  selectedRtpStreamConfiguration: { type: '117', format: 'tlv8', perms: ['pr', 'pw'] },
  setupEndpoints: { type: '118', format: 'tlv8', perms: ['pr', 'pw'] },
  streamingStatus: { type: '120', format: 'tlv8', perms: ['pr', 'ev'] },
  supportedDataStreamTransportConfiguration: { type: '130', format: 'tlv8', perms: ['pr'] },
  setupDataStreamTransport: { type: '131', format: 'tlv8', perms: ['pr', 'pw', 'wr'] },
  supportedCameraRecordingConfiguration: { type: '205', format: 'tlv8', perms: ['pr', 'ev'] },
  supportedVideoRecordingConfiguration: { type: '206', format: 'tlv8', perms: ['pr', 'ev'] },
  supportedAudioRecordingConfiguration: { type: '207', format: 'tlv8', perms: ['pr', 'ev'] },
  selectedCameraRecordingConfiguration: {
    type: '209',
    format: 'tlv8',
    perms: ['pr', 'pw', 'ev'],
  },
  recordingAudioActive: { type: '226', ...SWITCH, perms: ['pr', 'pw', 'ev', 'tw'] },
  eventSnapshotsActive: {
    type: '223',
    ...SWITCH,
    perms: ['pr', 'pw', 'ev'],
  },
  homeKitCameraActive: { type: '21B', ...SWITCH, perms: ['pr', 'pw', 'ev'] },
  periodicSnapshotsActive: {
    type: '225',
    ...SWITCH,
    perms: ['pr', 'pw', 'ev'],
  },
  cameraOperatingModeIndicator: {
    type: '21D',
    format: 'bool',
    perms: ['pr', 'pw', 'ev', 'tw'],
  },
  nightVision: { type: '11B', format: 'bool', perms: ['pr', 'pw', 'ev'] },
  manuallyDisabled: { type: '227', format: 'bool', perms: ['pr', 'ev'] },
}
