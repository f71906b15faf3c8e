import { hapStatus } from '@hksv/hap'
import type { Clock } from '@hksv/media'

import { Accessory, type AccessoryParts } from '../accessory.ts'
import { ControlServer, type ControlTarget } from '../control/control-server.ts'
import { isAccessoryError } from '../errors.ts'
import type { SnapshotRequest } from '../http/router.ts'
import { HdsListener } from '../recording/hds-listener.ts'
import { RecordingManager } from '../recording/recording-manager.ts'
import type { CameraInfo, CameraOptions, RunningCamera } from '../start-camera.ts'
import { Camera } from './camera.ts'
import { addCameraServices, type CameraServices } from './camera-services.ts'
import { SettingsStore } from './camera-settings.ts'
import type { CameraEvent } from './events.ts'
import { refuseSnapshot } from './snapshot-policy.ts'
import { recordingOffer } from './supported-configuration.ts'

const PREBUFFER_MS = 4000
const STREAM_COUNT = 2
const MAX_RECORDING_MS = 180_000
/** A press is worth a recording, and hubs record only motion. */
const DOORBELL_MOTION_MS = 10_000
const KEPT_EVENTS = 100

/** The reference accessory: one camera, its services, and what it is reached through. */
export class CameraAccessory implements RunningCamera {
  readonly #options: CameraOptions
  readonly #settings: SettingsStore
  readonly #camera: Camera
  readonly #accessory: Accessory
  readonly #services: CameraServices
  readonly #dataStream: HdsListener
  readonly #recordings: RecordingManager
  readonly #events: object[] = []
  #control: ControlServer | undefined
  #controlUrl: string | undefined

  constructor(options: CameraOptions, parts: Omit<AccessoryParts, 'kind'>, clock: Clock) {
    const { crypto, log, store, now } = parts
    const { isDoorbell = false, source } = options
    this.#options = options
    this.#settings = new SettingsStore(
      store.camera,
      // Settings end with the last pairing, also when the camera was killed in between.
      parts.pairings.size > 0 ? store.initial.camera : undefined,
      STREAM_COUNT,
    )
    const offer = recordingOffer(source.description, {
      isDoorbell,
      prebufferLengthMs: PREBUFFER_MS,
    })
    this.#accessory = new Accessory({
      ...parts,
      kind: {
        category: isDoorbell ? 18 : 17,
        emit: event => this.#emit(event),
        unpaired: () => this.#unpaired(),
        snapshot: request => this.#snapshot(request),
      },
    })
    this.#services = addCameraServices({
      database: this.#accessory.database,
      settings: this.#settings,
      offer,
      streamCount: STREAM_COUNT,
      isDoorbell,
      prepareDataStream: (request, requester) => this.#dataStream.prepare(request, requester),
    })
    this.#camera = new Camera({
      source,
      settings: this.#settings,
      offer,
      log,
      clock,
      emit: event => this.#emit(event),
      reportMotion: isDetected => this.#services.motionDetected.update(isDetected),
    })
    this.#recordings = new RecordingManager({
      permit: () => this.#camera.permitRecording(),
      maxDurationMs: options.maxRecordingMs ?? MAX_RECORDING_MS,
      now,
      log,
      opened: controllerId => this.#emit({ event: 'recording-opened', controllerId }),
      closed: report => this.#emit({ event: 'recording-closed', ...report }),
    })
    this.#dataStream = new HdsListener({
      crypto,
      log,
      now,
      host: options.host,
      onEvent: (connection, event) => this.#recordings.handle(connection, event),
    })
    this.#settings.onChange(({ isCameraActive, isRecordingActive }) => {
      this.#services.statusActive.update(isCameraActive)
      if (!isCameraActive || !isRecordingActive) this.#recordings.close('notAllowed')
    })
  }

  get info(): CameraInfo {
    return { ...this.#accessory.info, controlUrl: this.#controlUrl }
  }

  /** Opens the ports and announces the camera. */
  async listen(): Promise<void> {
    const { control } = this.#options
    if (control !== undefined) {
      this.#control = new ControlServer(this.#controlTarget(), control.token)
      this.#controlUrl = await this.#control.listen(control.host, control.port)
    }
    await this.#accessory.listen()
  }

  raiseMotion(durationMs: number): boolean {
    return this.#camera.raiseMotion(durationMs)
  }

  clearMotion(): void {
    this.#camera.motion.clear()
  }

  ringDoorbell(): boolean {
    const { programmableSwitchEvent } = this.#services
    if (programmableSwitchEvent === undefined || !this.#camera.raiseMotion(DOORBELL_MOTION_MS))
      return false
    programmableSwitchEvent.occur(0)
    this.#emit({ event: 'doorbell' })
    return true
  }

  async close(): Promise<void> {
    this.#recordings.close('cancelled')
    this.#dataStream.close()
    await this.#control?.close()
    await this.#accessory.close()
    await this.#camera.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #controlTarget(): ControlTarget {
    return {
      raiseMotion: durationMs => this.raiseMotion(durationMs),
      clearMotion: () => this.clearMotion(),
      ringDoorbell: () => this.ringDoorbell(),
      snapshot: (width, height) => this.#camera.snapshot(width, height),
      events: () => this.#events,
      state: () => ({
        name: this.#options.name,
        id: this.#accessory.info.id,
        isPaired: this.#accessory.isPaired,
        isArmed: this.#camera.isArmed,
        isRecording: this.#recordings.isRecording,
        isMotionDetected: this.#camera.motion.isDetected,
        prebufferBytes: this.#camera.prebufferBytes,
        settings: this.#settings.current,
      }),
    }
  }

  async #snapshot({ width, height, reason }: SnapshotRequest): Promise<Uint8Array | number> {
    const refusal = refuseSnapshot(this.#settings.current, reason)
    if (refusal !== undefined) return refusal
    try {
      return await this.#camera.snapshot(width, height)
    } catch (error) {
      this.#options.log.warn({ err: error }, 'No picture could be taken.')
      return (isAccessoryError(error) && error.hapStatus) || hapStatus.unableToPerform
    }
  }

  /** Nobody is left: the camera is as on its first day. */
  async #unpaired(): Promise<void> {
    this.#recordings.close('notAllowed')
    await this.#settings.reset()
  }

  #emit(event: CameraEvent): void {
    if (event.event === 'identify') {
      this.#options.log.info('Identify: a controller asks which camera this is.')
    }
    this.#events.push({ time: new Date().toISOString(), ...event })
    if (this.#events.length > KEPT_EVENTS) this.#events.shift()
    this.#options.onEvent?.(event)
  }
}
