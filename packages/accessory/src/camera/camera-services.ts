import { hapStatus, streamingStatus } from '@hksv/hap'
import {
  decodeSetupRequest,
  encodeSetupReadback,
  encodeSetupResponse,
  isHdsError,
  type SetupRequest,
  type SetupResponse,
  SUPPORTED_DATA_STREAM_TRANSPORT,
} from '@hksv/hds'

import type { AttributeDatabase, Service } from '../database/attribute-database.ts'
import type { CharacteristicOptions, Requester } from '../database/characteristic.ts'
import type { CharacteristicValue } from '../database/value.ts'
import { hapStatusError } from '../errors.ts'
import type { CameraSettings, SettingsStore } from './camera-settings.ts'
import {
  encodeOffer,
  encodeStreamOffer,
  parseSelection,
  type RecordingOffer,
  toBase64,
} from './supported-configuration.ts'

/** What the accessory says of itself. */
export interface AccessoryInformation {
  readonly name: string
  readonly manufacturer: string
  readonly model: string
  readonly serialNumber: string
  /** `x.y.z` */
  readonly firmwareRevision: string
}

/** What the services need of the camera behind them. */
export interface CameraServicesOptions {
  readonly database: AttributeDatabase
  readonly information: AccessoryInformation
  readonly settings: SettingsStore
  readonly offer: RecordingOffer
  readonly streamCount: number
  readonly isDoorbell: boolean
  identify(): void
  prepareDataStream(request: SetupRequest, requester: Requester): Promise<SetupResponse>
}

/** The services that the camera itself speaks through. */
export interface CameraServices {
  readonly motionSensor: Service<'motionDetected' | 'statusActive'>
  readonly doorbell: Service<'programmableSwitchEvent'> | undefined
}

type BooleanSetting = {
  [K in keyof CameraSettings]-?: CameraSettings[K] extends boolean ? K : never
}[keyof CameraSettings]

/**
 * Renders a camera as the services of HomeKit Secure Video.
 *
 * @see Secure Video R2 §2; decisions on formats and permissions: the characteristics table
 */
export function addCameraServices(options: CameraServicesOptions): CameraServices {
  const { database, information, settings } = options
  database.addService('accessoryInformation', 'information', {
    identify: {
      write(value) {
        if (value !== true) throw hapStatusError(hapStatus.invalidValue)
        options.identify()
        return undefined
      },
    },
    manufacturer: { value: information.manufacturer },
    model: { value: information.model },
    name: { value: information.name },
    serialNumber: { value: information.serialNumber },
    firmwareRevision: { value: information.firmwareRevision },
  })
  database.addService('protocolInformation', 'protocol', { version: { value: '1.1.0' } })
  for (let index = 0; index < options.streamCount; index++) addStreamManagement(options, index)
  database.addService('microphone', 'microphone', { mute: flag(settings, 'isMicrophoneMuted') })
  const doorbell = options.isDoorbell ? addDoorbell(options) : undefined
  const motionSensor = database.addService('motionSensor', 'motion', {
    motionDetected: { value: false },
    statusActive: { value: () => settings.current.isCameraActive },
  })
  database.addService('cameraOperatingMode', 'operating-mode', {
    eventSnapshotsActive: flag(settings, 'areEventSnapshotsActive', Number),
    homeKitCameraActive: flag(settings, 'isCameraActive', Number),
    periodicSnapshotsActive: flag(settings, 'arePeriodicSnapshotsActive', Number),
    cameraOperatingModeIndicator: flag(settings, 'isIndicatorActive'),
    nightVision: flag(settings, 'isNightVisionActive'),
  })
  const dataStream = addDataStream(options)
  addRecordingManagement(options, [dataStream, motionSensor])
  return { motionSensor, doorbell }
}

/** A switch that is a setting. `encode` makes it the 0 or 1 of a uint8. */
function flag(
  settings: SettingsStore,
  name: BooleanSetting,
  encode: (isOn: boolean) => CharacteristicValue = isOn => isOn,
): CharacteristicOptions {
  return {
    value: () => encode(settings.current[name]),
    async write(value) {
      await settings.change({ [name]: Boolean(value) })
      return undefined
    },
  }
}

function addStreamManagement({ database, settings }: CameraServicesOptions, index: number): void {
  const supported = encodeStreamOffer()
  // Live view is not offered yet, and says so: status 2 is "unavailable" here and "error" there.
  const unavailable = toBase64(streamingStatus.encode({ status: 2 }))
  const refuse = () => {
    throw hapStatusError(hapStatus.notAllowedInCurrentState)
  }
  database.addService('cameraRtpStreamManagement', `stream-${index + 1}`, {
    streamingStatus: { value: unavailable },
    supportedVideoStreamConfiguration: { value: supported.video },
    supportedAudioStreamConfiguration: { value: supported.audio },
    supportedRtpConfiguration: { value: supported.rtp },
    selectedRtpStreamConfiguration: { value: '', write: refuse },
    setupEndpoints: { value: '', write: refuse },
    active: {
      value: () => Number(settings.current.isStreamingActive[index] ?? true),
      async write(value) {
        await settings.changeStreaming(index, Boolean(value))
        return undefined
      },
    },
  })
}

function addDoorbell({ database }: CameraServicesOptions): Service<'programmableSwitchEvent'> {
  const service = database.addService(
    'doorbell',
    'doorbell',
    { programmableSwitchEvent: {} },
    { isPrimary: true },
  )
  database.addService('speaker', 'speaker', { mute: { value: false } })
  return service
}

function addDataStream({ database, prepareDataStream }: CameraServicesOptions): Service {
  let lastResponse = ''
  return database.addService('dataStreamTransportManagement', 'data-stream', {
    supportedDataStreamTransportConfiguration: {
      value: toBase64(SUPPORTED_DATA_STREAM_TRANSPORT),
    },
    setupDataStreamTransport: {
      read: () => lastResponse,
      async write(value, requester) {
        const request = parseSetup(String(value))
        const response = await prepareDataStream(request, requester)
        // The salt is the writer's alone.
        lastResponse = toBase64(encodeSetupReadback(response))
        return toBase64(encodeSetupResponse(response))
      },
    },
    version: { value: '1.0' },
  })
}

function parseSetup(base64: string): SetupRequest {
  try {
    return decodeSetupRequest(Buffer.from(base64, 'base64'))
  } catch (cause) {
    if (!isHdsError(cause)) throw cause
    throw hapStatusError(hapStatus.invalidValue, cause)
  }
}

function addRecordingManagement(options: CameraServicesOptions, linked: readonly Service[]): void {
  const { database, settings, offer } = options
  const supported = encodeOffer(offer)
  const places = {
    active: flag(settings, 'isRecordingActive', Number),
    supportedCameraRecordingConfiguration: { value: supported.general },
    supportedVideoRecordingConfiguration: { value: supported.video },
    supportedAudioRecordingConfiguration: { value: supported.audio },
    selectedCameraRecordingConfiguration: {
      value: () => settings.current.selectedConfiguration ?? '',
      read() {
        const selected = settings.current.selectedConfiguration
        if (selected === undefined) throw hapStatusError(hapStatus.unableToPerform)
        return selected
      },
      async write(value: CharacteristicValue) {
        const selectedConfiguration = String(value)
        if (parseSelection(selectedConfiguration, offer) === undefined) {
          throw hapStatusError(hapStatus.invalidValue)
        }
        await settings.change({ selectedConfiguration })
        return undefined
      },
    },
    recordingAudioActive: flag(settings, 'isRecordingAudioActive', Number),
  }
  database.addService('cameraEventRecordingManagement', 'recording', places, { linked })
}
