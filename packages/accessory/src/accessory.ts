import type { CryptoProvider } from '@hksv/crypto'
import { hapStatus, type PairSetupGate, setupHash, setupUri } from '@hksv/hap'
import type { Clock } from '@hksv/media'

import { Camera } from './camera/camera.ts'
import { addCameraServices, type CameraServices } from './camera/camera-services.ts'
import type { SettingsStore } from './camera/camera-settings.ts'
import type { CameraEvent } from './camera/events.ts'
import { refuseSnapshot } from './camera/snapshot-policy.ts'
import { recordingOffer } from './camera/supported-configuration.ts'
import { nextDatabaseState } from './configuration-number.ts'
import { ControlServer } from './control/control-server.ts'
import { AttributeDatabase } from './database/attribute-database.ts'
import { InstanceIds } from './database/instance-ids.ts'
import { Advertiser, type Announcement } from './discovery/advertiser.ts'
import { isAccessoryError } from './errors.ts'
import { HapServer } from './http/hap-server.ts'
import type { SnapshotRequest } from './http/router.ts'
import { forgetSetupCode, type Identity } from './identity.ts'
import { packageVersion } from './package-version.ts'
import type { PairingList } from './pairing-list.ts'
import { HdsListener } from './recording/hds-listener.ts'
import { RecordingManager } from './recording/recording-manager.ts'
import type { CameraInfo, CameraOptions, RunningCamera } from './start-camera.ts'
import type { Store } from './storage/store.ts'

const MODEL = 'HKSV Camera'
const MANUFACTURER = 'HKSV'
const PREBUFFER_MS = 4000
const MAX_RECORDING_MS = 180_000
/** A press is worth a recording, and hubs record only motion. */
const DOORBELL_MOTION_MS = 10_000
const KEPT_EVENTS = 100

/** What an {@link Accessory} is put together from. */
export interface AccessoryParts extends CameraOptions {
  readonly crypto: CryptoProvider
  readonly store: Store
  readonly identity: Identity
  readonly gate: PairSetupGate
  readonly pairings: PairingList
  readonly settings: SettingsStore
  readonly streamCount: number
  readonly clock: Clock
}

/** The reference accessory: one camera, its services, and the servers it is reached through. */
export class Accessory implements RunningCamera {
  readonly #parts: AccessoryParts
  readonly #camera: Camera
  readonly #services: CameraServices
  readonly #database: AttributeDatabase
  readonly #ids: InstanceIds
  readonly #server: HapServer
  readonly #dataStream: HdsListener
  readonly #recordings: RecordingManager
  readonly #events: object[] = []
  #isPaired: boolean
  #setupCode: string | undefined
  #configurationNumber = 1
  #port = 0
  #advertiser: Advertiser | undefined
  #control: ControlServer | undefined
  #controlUrl: string | undefined

  constructor(parts: AccessoryParts) {
    const { crypto, log, clock, settings, store, host } = parts
    const now = () => clock.now()
    this.#parts = parts
    this.#isPaired = parts.pairings.size > 0
    this.#setupCode = parts.identity.setupCode
    this.#ids = new InstanceIds(store.initial.database)
    this.#database = new AttributeDatabase(this.#ids)
    const isDoorbell = parts.isDoorbell ?? false
    const offer = recordingOffer(parts.source.description, {
      isDoorbell,
      prebufferLengthMs: PREBUFFER_MS,
    })
    this.#services = addCameraServices({
      database: this.#database,
      information: this.#information(),
      settings,
      offer,
      streamCount: parts.streamCount,
      isDoorbell,
      identify: () => this.#identify(),
      prepareDataStream: (request, requester) => this.#dataStream.prepare(request, requester),
    })
    this.#camera = new Camera({
      source: parts.source,
      settings,
      offer,
      log,
      clock,
      emit: event => this.#emit(event),
      reportMotion: isDetected =>
        this.#services.motionSensor.characteristics.motionDetected.update(isDetected),
    })
    this.#recordings = new RecordingManager({
      permit: () => this.#camera.permitRecording(),
      maxDurationMs: parts.maxRecordingMs ?? MAX_RECORDING_MS,
      now,
      log,
      opened: controllerId => this.#emit({ event: 'recording-opened', controllerId }),
      closed: report => this.#emit({ event: 'recording-closed', ...report }),
    })
    this.#dataStream = new HdsListener({
      crypto,
      log,
      now,
      host,
      onEvent: (connection, event) => this.#recordings.handle(connection, event),
    })
    this.#server = this.#createServer()
    settings.onChange(({ isCameraActive, isRecordingActive }) => {
      this.#services.motionSensor.characteristics.statusActive.update(isCameraActive)
      if (!isCameraActive || !isRecordingActive) this.#recordings.close('notAllowed')
    })
  }

  get info(): CameraInfo {
    const { name, storage, identity, host } = this.#parts
    const setupCode = this.#isPaired ? undefined : this.#setupCode
    const { setupId } = identity
    const category = this.#category
    return {
      name,
      id: identity.accessory.identifier,
      host: host ?? '0.0.0.0',
      port: this.#port,
      setupCode,
      setupUri:
        setupCode &&
        setupUri({ category, setupCode, setupId, isIp: true, isBle: false, isPaired: false }),
      controlUrl: this.#controlUrl,
      storage,
    }
  }

  /** Opens the ports, stores what this start changed, and announces the camera. */
  async listen(): Promise<void> {
    const { store, host, log, control, mdns = true } = this.#parts
    const { initial } = store
    const wanted = this.#parts.port ?? initial.database?.port ?? 0
    this.#port = await this.#server.listen(host, wanted)
    const state = nextDatabaseState(initial.database, this.#ids, this.#database, packageVersion)
    this.#configurationNumber = state.configurationNumber
    await store.database.save({ ...state, port: this.#port })
    if (control !== undefined) {
      this.#control = new ControlServer(this.#controlTarget(), control.token)
      this.#controlUrl = await this.#control.listen(control.host, control.port)
    }
    if (mdns) this.#advertiser = new Advertiser(this.#announcement(), host, log)
  }

  raiseMotion(durationMs: number): boolean {
    return this.#camera.raiseMotion(durationMs)
  }

  clearMotion(): void {
    this.#camera.motion.clear()
  }

  ringDoorbell(): boolean {
    const { doorbell } = this.#services
    if (doorbell === undefined || !this.#camera.raiseMotion(DOORBELL_MOTION_MS)) return false
    doorbell.characteristics.programmableSwitchEvent.occur(0)
    this.#emit({ event: 'doorbell' })
    return true
  }

  async close(): Promise<void> {
    await this.#advertiser?.close()
    this.#recordings.close('cancelled')
    this.#dataStream.close()
    await this.#server.close()
    await this.#control?.close()
    await this.#camera.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #category(): number {
    return this.#parts.isDoorbell ? 18 : 17
  }

  #information() {
    const { name, identity } = this.#parts
    return {
      name,
      manufacturer: MANUFACTURER,
      model: MODEL,
      serialNumber: identity.accessory.identifier.replaceAll(':', ''),
      firmwareRevision: packageVersion,
    }
  }

  #announcement(): Announcement {
    const { name, identity, crypto } = this.#parts
    const deviceId = identity.accessory.identifier
    return {
      name,
      port: this.#port,
      deviceId,
      model: MODEL,
      category: this.#category,
      configurationNumber: this.#configurationNumber,
      setupHash: setupHash(crypto, identity.setupId, deviceId),
      isPaired: this.#isPaired,
    }
  }

  #createServer(): HapServer {
    const { crypto, pairings, log, clock, identity, gate } = this.#parts
    const context = {
      crypto,
      database: this.#database,
      pairings,
      log,
      now: () => clock.now(),
      pairingsChanged: () => this.#pairingsChanged(),
      identify: () => this.#identify(),
      snapshot: (request: SnapshotRequest) => this.#snapshot(request),
    }
    const { accessory, credentials } = identity
    return new HapServer(context, { identity: accessory, credentials, gate })
  }

  #controlTarget() {
    return {
      raiseMotion: (durationMs: number) => this.raiseMotion(durationMs),
      clearMotion: () => this.clearMotion(),
      ringDoorbell: () => this.ringDoorbell(),
      snapshot: (width: number, height: number) => this.#camera.snapshot(width, height),
      events: () => this.#events,
      state: () => ({
        name: this.#parts.name,
        id: this.#parts.identity.accessory.identifier,
        isPaired: this.#isPaired,
        isArmed: this.#camera.isArmed,
        isRecording: this.#recordings.isRecording,
        isMotionDetected: this.#camera.motion.isDetected,
        prebufferBytes: this.#camera.prebufferBytes,
        settings: this.#parts.settings.current,
      }),
    }
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

  #identify(): void {
    this.#parts.log.info('Identify: a controller asks which camera this is.')
    this.#emit({ event: 'identify' })
  }

  /** Never rejects: the pairings themselves are stored, and what follows is said in the log. */
  async #pairingsChanged(): Promise<void> {
    const { pairings, log, store } = this.#parts
    this.#server.closeUnpairedSessions()
    const isPaired = pairings.size > 0
    if (isPaired === this.#isPaired) return
    this.#isPaired = isPaired
    this.#setupCode = undefined
    try {
      await (isPaired ? forgetSetupCode(store) : this.#unpaired())
    } catch (error) {
      log.error({ err: error }, 'What the change of pairings means could not be stored.')
    }
    this.#advertiser?.update(this.#announcement())
    this.#emit({ event: isPaired ? 'paired' : 'unpaired', controllers: pairings.size })
  }

  /** Nobody is left: the camera is as on its first day, but for who it is. */
  async #unpaired(): Promise<void> {
    this.#recordings.close('notAllowed')
    await this.#parts.settings.reset()
    this.#database.reset()
  }

  #emit(event: CameraEvent): void {
    this.#events.push({ time: new Date().toISOString(), ...event })
    if (this.#events.length > KEPT_EVENTS) this.#events.shift()
    this.#parts.onEvent?.(event)
  }
}
