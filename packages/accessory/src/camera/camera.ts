import { hapStatus, type SelectedCameraRecordingConfiguration } from '@hksv/hap'
import type { Clock, MediaSource } from '@hksv/media'

import { AccessoryError } from '../errors.ts'
import type { Log } from '../log.ts'
import { Recorder } from '../recording/recorder.ts'
import type { RecordingPermit } from '../recording/recording-manager.ts'
import { type CameraSettings, isArmed, type SettingsStore } from './camera-settings.ts'
import type { CameraEvent } from './events.ts'
import { Motion } from './motion.ts'
import {
  FRAGMENT_LENGTH_MS,
  parseSelection,
  type RecordingOffer,
} from './supported-configuration.ts'

const SNAPSHOT_DEADLINE_MS = 5000

/** The camera itself: source, prebuffer, motion, and what it was told to do. */
export class Camera {
  readonly settings: SettingsStore
  readonly motion: Motion
  readonly #source: MediaSource
  readonly #recorder: Recorder
  readonly #offer: RecordingOffer
  readonly #clock: Clock
  readonly #emit: (event: CameraEvent) => void
  readonly #stopListening: () => void
  #motionEndedAt: number | undefined
  readonly #snapshots = new Map<string, Promise<Uint8Array>>()

  constructor(options: {
    source: MediaSource
    settings: SettingsStore
    offer: RecordingOffer
    log: Log
    clock: Clock
    emit: (event: CameraEvent) => void
    /** Told of motion, unless the camera is off. */
    reportMotion: (isDetected: boolean) => void
  }) {
    this.settings = options.settings
    this.#source = options.source
    this.#offer = options.offer
    this.#clock = options.clock
    this.#emit = options.emit
    this.#recorder = new Recorder({
      source: options.source,
      log: options.log,
      clock: options.clock,
      failed: message => options.emit({ event: 'error', message }),
      fragmentDurationMs: FRAGMENT_LENGTH_MS,
      prebufferLengthMs: options.offer.general.prebufferLengthMs,
    })
    this.motion = new Motion(isDetected => {
      this.#motionEndedAt = isDetected ? undefined : this.#clock.now()
      options.reportMotion(isDetected)
      options.emit({ event: 'motion', isDetected })
    })
    this.#stopListening = this.settings.onChange((now, before) =>
      this.#settingsChanged(now, before),
    )
    if (isArmed(this.settings.current)) this.#recorder.start()
  }

  /** Whether it would record if something moved. */
  get isArmed(): boolean {
    return isArmed(this.settings.current)
  }

  /** Bytes of media in the prebuffer. */
  get prebufferBytes(): number {
    return this.#recorder.prebufferBytes
  }

  /**
   * Something moves, for `durationMs` from now.
   *
   * @returns Whether anybody was told: a camera that is switched off sees nothing.
   */
  raiseMotion(durationMs: number): boolean {
    if (!this.settings.current.isCameraActive) return false
    this.motion.raise(durationMs)
    return true
  }

  /** Whether a hub may record now, and with what. */
  permitRecording(): RecordingPermit {
    const { isCameraActive, isRecordingActive, isRecordingAudioActive, selectedConfiguration } =
      this.settings.current
    if (!isCameraActive || !isRecordingActive) return 'notAllowed'
    const selected = this.#selection(selectedConfiguration)
    if (selected === undefined) return 'invalidConfiguration'
    return {
      recorder: this.#recorder,
      prebufferMs: selected.general.prebufferLengthMs,
      withAudio: isRecordingAudioActive,
      motionEndedAt: () => this.#motionEndedAt,
    }
  }

  /**
   * A JPEG of about this size. Requests for the same size at the same time share one picture.
   *
   * @throws AccessoryError `SOURCE_FAILED` when there is none, or not within five seconds.
   */
  snapshot(width: number, height: number): Promise<Uint8Array> {
    const key = `${width}x${height}`
    const running = this.#snapshots.get(key)
    if (running !== undefined) return running
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), SNAPSHOT_DEADLINE_MS)
    const taken = this.#source
      .snapshot({ width, height }, deadline.signal)
      .catch((cause: unknown) => {
        throw deadline.signal.aborted
          ? tooSlow(cause)
          : new AccessoryError('SOURCE_FAILED', { cause })
      })
      .finally(() => {
        clearTimeout(timer)
        this.#snapshots.delete(key)
      })
    this.#snapshots.set(key, taken)
    return taken
  }

  /** Stops recording and watching. The source is its owner's to close. */
  async close(): Promise<void> {
    this.#stopListening()
    this.motion.stop()
    await this.#recorder.stop()
  }

  #selection(base64: string | undefined): SelectedCameraRecordingConfiguration | undefined {
    return base64 === undefined ? undefined : parseSelection(base64, this.#offer)
  }

  #settingsChanged(now: CameraSettings, before: CameraSettings): void {
    if (before.isCameraActive && !now.isCameraActive) this.motion.clear()
    if (isArmed(now) === isArmed(before)) return
    if (isArmed(now)) this.#recorder.start()
    // Ends by itself; what is read from it ends with it.
    else void this.#recorder.stop()
    this.#emit({ event: isArmed(now) ? 'armed' : 'disarmed' })
  }
}

function tooSlow(cause: unknown): AccessoryError {
  const message = 'The source took too long for a picture.'
  return new AccessoryError('SOURCE_FAILED', { message, hapStatus: hapStatus.timedOut, cause })
}
