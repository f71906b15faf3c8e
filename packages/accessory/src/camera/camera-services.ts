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

import { toBase64 } from '../base64.ts'
import type { AttributeDatabase } from '../database/attribute-database.ts'
import type {
  Characteristic,
  CharacteristicOptions,
  PublishedCharacteristic,
} from '../database/characteristic.ts'
import type { Requester } from '../database/request-context.ts'
import { hapStatusError } from '../errors.ts'
import type { CompleteAbilities } from './abilities.ts'
import { type CameraSettings, isAwake, type SettingsStore } from './camera-settings.ts'
import { encodeOffer, type RecordingOffer } from './recording-offer.ts'
import { parseSelection } from './recording-selection.ts'
import { encodeStreamOffer } from './stream-offer.ts'

const STREAM_FREE = toBase64(streamingStatus.encode({ status: 0 }))
const STREAM_IN_USE = toBase64(streamingStatus.encode({ status: 1 }))

/** What the services need of the camera behind them. */
export interface CameraServicesOptions {
  readonly database: AttributeDatabase
  readonly settings: SettingsStore
  readonly offer: RecordingOffer
  readonly abilities: CompleteAbilities
  /** Changes what the camera's hardware has to know. */
  adjust(patch: Partial<CameraSettings>): Promise<void>
  /** The live view of one stream service. */
  liveView(index: number): LiveView
  prepareDataStream(request: SetupRequest, requester: Requester): Promise<SetupResponse>
}

/** What a stream service asks of the live view behind it. */
export interface LiveView {
  setUp(base64: string, requester: Requester): Promise<void>
  answerFor(requester: Requester): string
  select(base64: string, requester: Requester): void
}

/** What the camera itself speaks through. */
export interface CameraServices {
  readonly motionDetected: Characteristic<'bool'>
  /** Only with such a sensor. */
  readonly occupancyDetected: PublishedCharacteristic<number> | undefined
  readonly thirdPartyCameraActive: PublishedCharacteristic<number>
  /** Only of a doorbell. */
  readonly programmableSwitchEvent: PublishedCharacteristic<number> | undefined
  /** Shows whether somebody uses a stream service. */
  showStream(index: number, isInUse: boolean): void
  /** Shows what follows from settings that no controller wrote. */
  refresh(): void
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
  const { database, settings, adjust, abilities } = options
  const streams = Array.from({ length: abilities.streamCount }, (_, index) =>
    addStreamManagement(options, index),
  )
  const adjustable = (name: BooleanSetting) => flag(settings, name, adjust)
  database.add('microphone', {
    service: 'microphone',
    characteristics: { mute: adjustable('isMicrophoneMuted') },
  })
  const programmableSwitchEvent = abilities.isDoorbell ? addDoorbell(database) : undefined
  if (abilities.isDoorbell || abilities.hasSpeaker) {
    database.add('speaker', {
      service: 'speaker',
      characteristics: {
        mute: adjustable('isSpeakerMuted'),
        volume: {
          value: () => settings.current.speakerVolume,
          set: speakerVolume => adjust({ speakerVolume }),
        },
      },
    })
  }
  const { motionDetected, ...motion } = addMotionSensor(options)
  const occupancy = abilities.hasOccupancySensor ? addOccupancySensor(options) : undefined
  const { characteristics: mode } = database.add('operating-mode', {
    service: 'cameraOperatingMode',
    characteristics: {
      eventSnapshotsActive: uint8(settings, 'areEventSnapshotsActive'),
      homeKitCameraActive: uint8(settings, 'isCameraActive'),
      periodicSnapshotsActive: uint8(settings, 'arePeriodicSnapshotsActive'),
      cameraOperatingModeIndicator: adjustable('isIndicatorActive'),
      nightVision: adjustable('isNightVisionActive'),
      manuallyDisabled: { value: () => settings.current.isManuallyDisabled },
      thirdPartyCameraActive: {},
      diagonalFieldOfView: { value: abilities.fieldOfView },
    },
  })
  addDataStream(options)
  addRecordingManagement(options)
  return {
    motionDetected,
    occupancyDetected: occupancy?.occupancyDetected,
    thirdPartyCameraActive: mode.thirdPartyCameraActive,
    programmableSwitchEvent,
    showStream(index, isInUse) {
      streams[index]?.update(isInUse ? STREAM_IN_USE : STREAM_FREE)
    },
    refresh() {
      const { current } = settings
      motion.statusActive.update(isAwake(current))
      occupancy?.statusActive.update(isAwake(current))
      mode.manuallyDisabled.update(current.isManuallyDisabled)
    },
  }
}

function addMotionSensor({ database, settings }: CameraServicesOptions) {
  return database.add('motion', {
    service: 'motionSensor',
    characteristics: {
      motionDetected: {},
      statusActive: { value: () => isAwake(settings.current) },
    },
  }).characteristics
}

function addOccupancySensor({ database, settings }: CameraServicesOptions) {
  return database.add('occupancy', {
    service: 'occupancySensor',
    characteristics: {
      occupancyDetected: {},
      statusActive: { value: () => isAwake(settings.current) },
    },
  }).characteristics
}

/** A setting that is a bool. */
function flag(
  settings: SettingsStore,
  name: BooleanSetting,
  change: CameraServicesOptions['adjust'],
): CharacteristicOptions<boolean> {
  return {
    value: () => settings.current[name],
    set: isOn => change({ [name]: isOn }),
  }
}

/** A setting that is the 0 or 1 of a uint8. */
function uint8(settings: SettingsStore, name: BooleanSetting): CharacteristicOptions<number> {
  return {
    value: () => Number(settings.current[name]),
    set: isOn => settings.change({ [name]: isOn === 1 }),
  }
}

function addStreamManagement(
  { database, settings, liveView, abilities }: CameraServicesOptions,
  index: number,
): PublishedCharacteristic<string> {
  const supported = encodeStreamOffer(abilities.liveSuites)
  const { characteristics } = database.add(`stream-${index + 1}`, {
    service: 'cameraRtpStreamManagement',
    characteristics: {
      streamingStatus: { value: STREAM_FREE },
      supportedVideoStreamConfiguration: { value: supported.video },
      supportedAudioStreamConfiguration: { value: supported.audio },
      supportedRtpConfiguration: { value: supported.rtp },
      selectedRtpStreamConfiguration: {
        get: () => '',
        set: (value, { requester }) => liveView(index).select(value, requester),
      },
      setupEndpoints: {
        // Keys are for who asked.
        get: ({ requester }) => liveView(index).answerFor(requester),
        set: (value, { requester }) => liveView(index).setUp(value, requester),
      },
      active: {
        value: () => Number(settings.current.isStreamingActive[index] ?? true),
        set: isOn => settings.changeStreaming(index, isOn === 1),
      },
    },
  })
  return characteristics.streamingStatus
}

function addDoorbell(database: AttributeDatabase): PublishedCharacteristic<number> {
  const { characteristics } = database.add('doorbell', {
    service: 'doorbell',
    characteristics: { programmableSwitchEvent: {} },
    isPrimary: true,
  })
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

function addRecordingManagement(options: CameraServicesOptions): void {
  const { database, settings, offer, abilities } = options
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
    linked: ['data-stream', 'motion', ...(abilities.hasOccupancySensor ? ['occupancy'] : [])],
  })
}
