import {
  type MediaSource,
  type MotionSensor,
  type SourceHealth,
  systemClock,
  type TalkBack,
  withSilence,
} from '@hksv/media'

import type { AccessoryInfo, CommonOptions } from './accessory-options.ts'
import { type CameraAbilities, type CameraDelegate, completeAbilities } from './camera/abilities.ts'
import { CameraAccessory } from './camera/camera-accessory.ts'
import { type CameraSettings, readinessOf, SettingsStore } from './camera/camera-settings.ts'
import type { CameraEvent } from './camera/events.ts'
import { recordingOffer } from './camera/recording-offer.ts'
import { hashOffer } from './camera/recording-selection.ts'
import type { Log } from './log.ts'
import { openParts } from './open-parts.ts'
import { EventLog } from './records/event-log.ts'
import type { EventRecord } from './records/event-record.ts'
import type { EventTotals } from './records/event-totals.ts'

/** How a camera is started. */
export interface CameraOptions extends CommonOptions, CameraAbilities {
  /** Belongs to the caller, who closes it after the camera. Without sound it is given a silent track. */
  readonly source: MediaSource
  /** Watches the compressed pictures for motion, without decoding them; 50 of 100 is the usual. */
  readonly videoMotion?: { readonly sensitivity: number }
  /** What else sees motion. */
  readonly motionSensors?: readonly MotionSensor[]
  /** The camera's hardware: its light, night vision, microphone and speaker. */
  readonly delegate?: CameraDelegate
  /** Plays what viewers of the live view say; with it the camera has a speaker. */
  readonly talkBack?: TalkBack
  /** Name or path of ffmpeg, which encodes and decodes the sound of live views; `ffmpeg` unless given. */
  readonly ffmpeg?: string
  /** Where the control API listens; nowhere unless given. Beyond the loopback it needs a token. */
  readonly control?: {
    readonly host: string
    readonly port: number
    readonly token?: string
    /** What `GET /metrics` answers, in the text format of Prometheus. */
    readonly metrics?: () => Promise<string>
  }
  /** Longest recording in milliseconds; 180,000 unless given. */
  readonly maxRecordingMs?: number
  readonly log: Log
  /** Told of what happens, in order; must not throw. */
  readonly onEvent?: (event: CameraEvent) => void
  /** Told of each event when all of it is over; must not throw. */
  readonly onRecord?: (record: EventRecord) => void
}

/** What a running camera is reached by. */
export interface CameraInfo extends AccessoryInfo {
  readonly controlUrl: string | undefined
}

/** How a camera is. */
export interface CameraState {
  readonly name: string
  readonly id: string
  readonly isPaired: boolean
  readonly isArmed: boolean
  readonly isRecording: boolean
  readonly isMotionDetected: boolean
  readonly isOccupancyDetected: boolean
  readonly prebufferBytes: number
  /** Verified connections of controllers. */
  readonly sessions: number
  /** Pairing ids of those who look live, once for each live view. */
  readonly viewers: readonly string[]
  readonly settings: CameraSettings
  /** Of a source that can fail. */
  readonly source: SourceHealth | undefined
}

/** A camera that can be paired with and recorded from, until it is closed. */
export interface RunningCamera extends AsyncDisposable {
  readonly info: CameraInfo
  readonly state: CameraState
  /** The last 200 events, oldest first; they are kept in the storage directory. */
  readonly records: readonly EventRecord[]
  /** What has happened since the start, to this moment; none of it ever falls. */
  readonly totals: EventTotals
  /** Something moves, as `source` saw it. @returns False when the camera is switched off. */
  raiseMotion(durationMs: number, source?: string): boolean
  clearMotion(): void
  /** Somebody is there. @returns False when the camera is switched off, or has no such sensor. */
  raiseOccupancy(durationMs: number): boolean
  clearOccupancy(): void
  /**
   * Somebody rings: an event each time, also of a camera that is switched off, and ten seconds of
   * motion when recordings are wanted. @returns False when it is no doorbell.
   */
  ringDoorbell(source?: string): boolean
  /**
   * The camera's own switch: nothing is seen, shown or recorded while it is off. It is kept, also when
   * everybody unpairs. Resolves when it is on the disk.
   */
  setManuallyDisabled(isDisabled: boolean): Promise<void>
  /**
   * @param width - In pixels, as `height`.
   * @returns A JPEG that is its own, or nothing while the camera is switched off.
   * @throws AccessoryError, MediaError when no picture can be had.
   */
  snapshot(width: number, height: number): Promise<Uint8Array | undefined>
  /** Whether something else than this home watches. */
  setThirdPartyActive(isActive: boolean): void
  /** Says goodbye on the network, ends every connection and stops the source. */
  close(): Promise<void>
}

const MODEL = 'HKSV Camera'

/**
 * Starts a Secure Video camera.
 *
 * @throws HapError `SETUP_CODE_FORMAT`, `SETUP_CODE_FORBIDDEN`
 * @throws AccessoryError `OPTION_INVALID`, `STORAGE_DAMAGED`, `STORAGE_IN_USE`, `STORAGE_UNUSABLE`,
 * `PORT_IN_USE`, `BIND_FAILED`
 * @example
 * await using source = await openSource('sample')
 * await using camera = await startCamera({ name: 'Porch', source, storage: './porch', log: pino() })
 */
export async function startCamera(given: CameraOptions): Promise<RunningCamera> {
  const clock = systemClock
  // Hubs that were promised sound discard recordings without it.
  const options = { ...given, source: withSilence(given.source) }
  const hasSpeaker = given.hasSpeaker ?? given.talkBack !== undefined
  const abilities = completeAbilities({ ...options, hasSpeaker })
  const offer = recordingOffer(options.source.description, {
    ...options.recording,
    isDoorbell: abilities.isDoorbell,
  })
  warnBeyond(options)
  const information = { model: MODEL, ...options.information }
  const parts = await openParts({ ...options, information }, () => clock.now())
  const camera = await cameraOf(parts).catch(async (error: unknown) => {
    await parts.store.close()
    throw error
  })
  try {
    await camera.listen()
    return camera
  } catch (error) {
    await camera.close()
    throw error
  }

  async function cameraOf({ store, pairings }: typeof parts): Promise<CameraAccessory> {
    const settings = await SettingsStore.open(store.camera, store.initial.camera, {
      isPaired: pairings.size > 0,
      streamCount: abilities.streamCount,
      offerHash: hashOffer(offer),
    })
    const events = await EventLog.open({
      directory: store.directory,
      camera: options.name,
      now: parts.now,
      log: parts.log,
      readiness: () => (pairings.size > 0 ? readinessOf(settings.current) : 'not-paired'),
      final: record => options.onRecord?.(record),
    })
    return new CameraAccessory({ ...parts, options, abilities, offer, settings, events, clock })
  }
}

/** What hubs have no number for is passed through; whether they take it is theirs. */
function warnBeyond({ source, log }: CameraOptions): void {
  const { codec, width, height, level } = source.description.video
  if (width * height > 1920 * 1080) {
    log.warn(`The source has ${width}x${height}; hubs know no recordings above 1920x1080.`)
  }
  if (codec === 'h264' && level > 40) {
    log.warn(`The source has level ${level / 10}; hubs know none above 4.0.`)
  }
}
