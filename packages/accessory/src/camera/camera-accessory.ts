import { hapStatus } from '@hksv/hap'
import type { Clock } from '@hksv/media'

import { Accessory, type AccessoryParts } from '../accessory.ts'
import { answerFor } from '../control/control-routes.ts'
import { ControlServer } from '../control/control-server.ts'
import { controlTarget } from '../control/control-target.ts'
import { isAccessoryError } from '../errors.ts'
import type { SnapshotRequest } from '../http/router.ts'
import { StreamService } from '../live/stream-service.ts'
import { HdsListener } from '../recording/hds-listener.ts'
import { RecordingManager } from '../recording/recording-manager.ts'
import type { EventLog } from '../records/event-log.ts'
import type { EventRecord } from '../records/event-record.ts'
import type { EventTotals } from '../records/event-totals.ts'
import type { CameraInfo, CameraOptions, CameraState, RunningCamera } from '../start-camera.ts'
import type { CompleteAbilities } from './abilities.ts'
import { Camera } from './camera.ts'
import { addCameraServices, type CameraServices } from './camera-services.ts'
import { isAwake, isStreamAllowed, readinessOf, type SettingsStore } from './camera-settings.ts'
import type { CameraEvent } from './events.ts'
import type { RecordingOffer } from './recording-offer.ts'
import { isShown, refuseSnapshot } from './snapshot-policy.ts'

const MAX_RECORDING_MS = 180_000
/** A press is worth a recording, and hubs record only motion. */
const DOORBELL_MOTION_MS = 10_000

/** What a {@link CameraAccessory} is put together from. */
export interface CameraAccessoryParts extends Omit<AccessoryParts, 'kind'> {
  readonly options: CameraOptions
  readonly abilities: CompleteAbilities
  readonly offer: RecordingOffer
  readonly settings: SettingsStore
  readonly events: EventLog
  readonly clock: Clock
}

/** The reference accessory: one camera, its services, and what it is reached through. */
export class CameraAccessory implements RunningCamera {
  readonly #parts: CameraAccessoryParts
  readonly #camera: Camera
  readonly #accessory: Accessory
  readonly #services: CameraServices
  readonly #dataStream: HdsListener
  readonly #recordings: RecordingManager
  readonly #streams: readonly StreamService[]
  #control: ControlServer | undefined
  #controlUrl: string | undefined

  constructor(parts: CameraAccessoryParts) {
    const { options, settings, offer, abilities, crypto, log, now } = parts
    const { keeper } = parts.events
    this.#parts = parts
    this.#accessory = new Accessory({
      ...parts,
      kind: {
        category: abilities.isDoorbell ? 18 : 17,
        emit: event => this.#emit(event),
        unpaired: () => this.#unpaired(),
        snapshot: request => this.#snapshot(request),
      },
    })
    this.#services = addCameraServices({
      database: this.#accessory.database,
      settings,
      offer,
      abilities,
      adjust: patch => this.#camera.adjust(patch),
      liveView: index => this.#stream(index),
      prepareDataStream: (request, requester) => this.#dataStream.prepare(request, requester),
    })
    this.#camera = new Camera({
      source: options.source,
      settings,
      offer,
      delegate: options.delegate ?? {},
      liveSound: { talkBack: options.talkBack, ffmpeg: options.ffmpeg ?? 'ffmpeg' },
      motion: {
        videoSensitivity: options.videoMotion?.sensitivity,
        sensors: options.motionSensors ?? [],
      },
      sensed: source => this.#triggered('motion', source),
      rang: source => {
        // Who stands at the door is motion for a camera that is no doorbell.
        if (!this.ringDoorbell(source)) this.raiseMotion(DOORBELL_MOTION_MS, source)
      },
      log,
      clock: parts.clock,
      emit: event => this.#emit(event),
      reportMotion: isDetected => {
        this.#services.motionDetected.update(isDetected)
        keeper.moving(isDetected)
      },
      reportOccupancy: isDetected => this.#services.occupancyDetected?.update(Number(isDetected)),
    })
    this.#recordings = new RecordingManager({
      permit: () => this.#camera.permitRecording(),
      maxDurationMs: options.maxRecordingMs ?? MAX_RECORDING_MS,
      now,
      log,
      keeper,
      opened: controllerId => this.#emit({ event: 'recording-opened', controllerId }),
      closed: report => this.#emit({ event: 'recording-closed', ...report }),
    })
    this.#dataStream = new HdsListener({
      crypto,
      log,
      now,
      host: options.host,
      onEvent: (connection, event) => this.#recordings.handle(connection, event),
      onSetUp: (setUp, { controllerId }) => keeper.setUp(setUp, controllerId),
    })
    this.#streams = Array.from({ length: abilities.streamCount }, (_, index) =>
      this.#createStream(index),
    )
    settings.onChange(current => {
      this.#services.refresh()
      for (const [index, stream] of this.#streams.entries()) {
        if (!isStreamAllowed(current, index)) stream.end('not-allowed')
      }
      if (!isAwake(current) || !current.isRecordingActive) this.#recordings.close('notAllowed')
    })
  }

  get info(): CameraInfo {
    return { ...this.#accessory.info, controlUrl: this.#controlUrl }
  }

  get state(): CameraState {
    return {
      name: this.#parts.options.name,
      id: this.#accessory.info.id,
      isPaired: this.#accessory.isPaired,
      isArmed: this.#camera.isArmed,
      isRecording: this.#recordings.isRecording,
      isMotionDetected: this.#camera.motion.isDetected,
      isOccupancyDetected: this.#camera.occupancy.isDetected,
      prebufferBytes: this.#camera.prebufferBytes,
      sessions: this.#accessory.sessionCount,
      viewers: this.#streams.flatMap(({ viewer }) => viewer ?? []),
      settings: this.#parts.settings.current,
      source: this.#parts.options.source.health,
    }
  }

  /** Opens the ports and announces the camera. */
  async listen(): Promise<void> {
    const { control } = this.#parts.options
    if (control !== undefined) {
      const target = controlTarget(this, control.metrics)
      this.#control = new ControlServer(request => answerFor(target, request), control.token)
      this.#controlUrl = await this.#control.listen(control.host, control.port)
    }
    await this.#accessory.listen()
  }

  get records(): readonly EventRecord[] {
    return this.#parts.events.records
  }

  get totals(): EventTotals {
    return this.#parts.events.totals
  }

  raiseMotion(durationMs: number, source = 'program'): boolean {
    this.#triggered('motion', source)
    return this.#camera.raiseMotion(durationMs)
  }

  clearMotion(): void {
    this.#camera.motion.clear()
  }

  raiseOccupancy(durationMs: number): boolean {
    const hasSensor = this.#services.occupancyDetected !== undefined
    return hasSensor && this.#camera.raiseOccupancy(durationMs)
  }

  clearOccupancy(): void {
    this.#camera.occupancy.clear()
  }

  ringDoorbell(source = 'program'): boolean {
    const { programmableSwitchEvent } = this.#services
    if (programmableSwitchEvent === undefined) return false
    this.#triggered('doorbell', source)
    programmableSwitchEvent.occur(0)
    this.#emit({ event: 'doorbell' })
    if (this.#parts.settings.current.isRecordingActive) {
      this.#camera.raiseMotion(DOORBELL_MOTION_MS)
    }
    return true
  }

  async setManuallyDisabled(isDisabled: boolean): Promise<void> {
    const { settings } = this.#parts
    if (isDisabled === settings.current.isManuallyDisabled) return
    await settings.change({ isManuallyDisabled: isDisabled })
    this.#emit({ event: 'manually-disabled', isDisabled })
  }

  async snapshot(width: number, height: number): Promise<Uint8Array | undefined> {
    if (!isShown(this.#parts.settings.current)) return undefined
    return await this.#camera.snapshot(width, height)
  }

  setThirdPartyActive(isActive: boolean): void {
    this.#services.thirdPartyCameraActive.update(Number(isActive))
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end('closed')
    this.#recordings.close('cancelled')
    this.#dataStream.close()
    await this.#control?.close()
    await this.#parts.events.close()
    await this.#accessory.close()
    await this.#camera.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #createStream(index: number): StreamService {
    const { crypto, clock, log, settings, abilities } = this.#parts
    return new StreamService({
      ...this.#camera.live,
      clock,
      log,
      random: length => crypto.random(length),
      suites: abilities.liveSuites,
      isAllowed: () => isStreamAllowed(settings.current, index),
      used: isInUse => this.#services.showStream(index, isInUse),
      started: controllerId => this.#emit({ event: 'stream-started', controllerId }),
      stopped: report => {
        this.#parts.events.keeper.viewed(report)
        this.#emit({ event: 'stream-stopped', ...report })
      },
    })
  }

  #stream(index: number): StreamService {
    const stream = this.#streams[index]
    if (stream === undefined) throw new RangeError(`there is no stream ${index}`)
    return stream
  }

  #triggered(kind: 'motion' | 'doorbell', source: string): void {
    const { settings, events } = this.#parts
    const readiness = this.#accessory.isPaired ? readinessOf(settings.current) : 'not-paired'
    const isTold = isAwake(settings.current)
    const told = isTold ? this.#accessory.subscribers(this.#services.motionDetected.instanceId) : []
    events.keeper.triggered(kind, { source, readiness, told })
  }

  async #snapshot({ width, height, reason }: SnapshotRequest): Promise<Uint8Array | number> {
    const refusal = refuseSnapshot(this.#parts.settings.current, reason)
    if (refusal !== undefined) return refusal
    try {
      return await this.#camera.snapshot(width, height)
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'No picture could be taken.')
      return (isAccessoryError(error) && error.hapStatus) || hapStatus.unableToPerform
    }
  }

  /** Nobody is left: the camera is as on its first day. */
  async #unpaired(): Promise<void> {
    this.#recordings.close('notAllowed')
    await this.#camera.reset()
  }

  #emit(event: CameraEvent): void {
    if (event.event === 'identify') {
      this.#parts.log.info('Identify: a controller asks which camera this is.')
    }
    if (event.event === 'error') this.#parts.events.keeper.sourceFailed(event.message)
    this.#parts.options.onEvent?.(event)
  }
}
