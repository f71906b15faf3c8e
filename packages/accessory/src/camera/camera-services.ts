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

import type { AttributeDatabase } from '../database/attribute-database.ts'
import type { CharacteristicOptions, PublishedCharacteristic } from '../database/characteristic.ts'
import type { Requester } from '../database/request-context.ts'
import { hapStatusError } from '../errors.ts'
import type { CameraSettings, SettingsStore } from './camera-settings.ts'
import {
  encodeOffer,
  encodeStreamOffer,
  parseSelection,
  type RecordingOffer,
  toBase64,
} from './supported-configuration.ts'

/** What the services need of the camera behind them. */
export interface CameraServicesOptions {
  readonly database: AttributeDatabase
  readonly settings: SettingsStore
  readonly offer: RecordingOffer
  readonly streamCount: number
  readonly isDoorbell: boolean
  prepareDataStream(request: SetupRequest, requester: Requester): Promise<SetupResponse>
}

/** What the camera itself speaks through. */
export interface CameraServices {
  readonly motionDetected: PublishedCharacteristic<boolean>
  readonly statusActive: PublishedCharacteristic<boolean>
  /** Only of a doorbell. */
  readonly programmableSwitchEvent: PublishedCharacteristic<number> | undefined
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
  const { database, settings } = options
  for (let index = 0; index < options.streamCount; index++) addStreamManagement(options, index)
  database.add('microphone', {
    service: 'microphone',
    characteristics: { mute: flag(settings, 'isMicrophoneMuted') },
  })
  const programmableSwitchEvent = options.isDoorbell ? addDoorbell(database) : undefined
  const motion = database.add('motion', {
    service: 'motionSensor',
    characteristics: {
      motionDetected: {},
      statusActive: { value: () => settings.current.isCameraActive },
    },
  })
  database.add('operating-mode', {
    service: 'cameraOperatingMode',
    characteristics: {
      eventSnapshotsActive: uint8(settings, 'areEventSnapshotsActive'),
      homeKitCameraActive: uint8(settings, 'isCameraActive'),
      periodicSnapshotsActive: uint8(settings, 'arePeriodicSnapshotsActive'),
      cameraOperatingModeIndicator: flag(settings, 'isIndicatorActive'),
      nightVision: flag(settings, 'isNightVisionActive'),
    },
  })
  addDataStream(options)
  addRecordingManagement(options)
  const { motionDetected, statusActive } = motion.characteristics
  return { motionDetected, statusActive, programmableSwitchEvent }
}

/** A setting that is a bool. */
function flag(settings: SettingsStore, name: BooleanSetting): CharacteristicOptions<boolean> {
  return {
    value: () => settings.current[name],
    set: isOn => settings.change({ [name]: isOn }),
  }
}

/** A setting that is the 0 or 1 of a uint8. */
function uint8(settings: SettingsStore, name: BooleanSetting): CharacteristicOptions<number> {
  return {
    value: () => Number(settings.current[name]),
    set: isOn => settings.change({ [name]: isOn === 1 }),
  }
}

function addStreamManagement({ database, settings }: CameraServicesOptions, index: number): void {
  const supported = encodeStreamOffer()
  // Live view is not offered yet, and says so: status 2 is "unavailable" here and "error" there.
  const unavailable = toBase64(streamingStatus.encode({ status: 2 }))
  const refuse = () => {
    throw hapStatusError(hapStatus.notAllowedInCurrentState)
  }
  database.add(`stream-${index + 1}`, {
    service: 'cameraRtpStreamManagement',
    characteristics: {
      streamingStatus: { value: unavailable },
      supportedVideoStreamConfiguration: { value: supported.video },
      supportedAudioStreamConfiguration: { value: supported.audio },
      supportedRtpConfiguration: { value: supported.rtp },
      selectedRtpStreamConfiguration: { set: refuse },
      setupEndpoints: { set: refuse },
      active: {
        value: () => Number(settings.current.isStreamingActive[index] ?? true),
        set: isOn => settings.changeStreaming(index, isOn === 1),
      },
    },
  })
}

function addDoorbell(database: AttributeDatabase): PublishedCharacteristic<number> {
  const { characteristics } = database.add('doorbell', {
    service: 'doorbell',
    characteristics: { programmableSwitchEvent: {} },
    isPrimary: true,
  })
  database.add('speaker', { service: 'speaker', characteristics: { mute: {} } })
  return characteristics.programmableSwitchEvent
}

function addDataStream({ database, prepareDataStream }: CameraServicesOptions): void {
  let lastResponse = ''
  database.add('data-stream', {
    service: 'dataStreamTransportManagement',
    characteristics: {
      supportedDataStreamTransportConfiguration: {
        value: toBase64(SUPPORTED_DATA_STREAM_TRANSPORT),
      },
      setupDataStreamTransport: {
        get: () => lastResponse,
        async set(value, { requester }) {
          const response = await prepareDataStream(parseSetup(value), requester)
          // The salt is the writer's alone.
          lastResponse = toBase64(encodeSetupReadback(response))
          return toBase64(encodeSetupResponse(response))
        },
      },
      version: { value: '1.0' },
    },
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

function addRecordingManagement({ database, settings, offer }: CameraServicesOptions): void {
  const supported = encodeOffer(offer)
  // Thrown at each read of the whole database until a hub has chosen.
  const nothingSelected = hapStatusError(hapStatus.unableToPerform)
  database.add('recording', {
    service: 'cameraEventRecordingManagement',
    characteristics: {
      active: uint8(settings, 'isRecordingActive'),
      supportedCameraRecordingConfiguration: { value: supported.general },
      supportedVideoRecordingConfiguration: { value: supported.video },
      supportedAudioRecordingConfiguration: { value: supported.audio },
      selectedCameraRecordingConfiguration: {
        value: () => settings.current.selectedConfiguration ?? '',
        get() {
          const selected = settings.current.selectedConfiguration
          if (selected === undefined) throw nothingSelected
          return selected
        },
        set(selectedConfiguration) {
          if (parseSelection(selectedConfiguration, offer) === undefined) {
            throw hapStatusError(hapStatus.invalidValue)
          }
          return settings.change({ selectedConfiguration })
        },
      },
      recordingAudioActive: uint8(settings, 'isRecordingAudioActive'),
    },
    linked: ['data-stream', 'motion'],
  })
}
