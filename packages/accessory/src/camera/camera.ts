import type { Clock, MediaSource, TalkBack } from '@hksv/media'

import { Talk } from '../live/talk.ts'
import { LiveSound } from '../live-audio/live-sound.ts'
import type { Log } from '../log.ts'
import { Recorder } from '../recording/recorder.ts'
import type { RecordingPermit } from '../recording/recording-manager.ts'
import type { CameraDelegate } from './abilities.ts'
import { type CameraSettings, isArmed, isAwake, type SettingsStore } from './camera-settings.ts'
import { Detection } from './detection.ts'
import type { CameraEvent } from './events.ts'
import { MotionWatch, type MotionWatchOptions } from './motion-watch.ts'
import { FRAGMENT_LENGTH_MS, type RecordingOffer } from './recording-offer.ts'
import { parseSelection, type RecordingSelection } from './recording-selection.ts'
import { Snapshots } from './snapshots.ts'
import { SourceReader } from './source-reader.ts'

/** What a {@link Camera} is made of. */
export interface CameraParts {
  readonly source: MediaSource
  readonly settings: SettingsStore
  readonly offer: RecordingOffer
  readonly delegate: CameraDelegate
  /** With the name or path of ffmpeg. */
  readonly liveSound: { readonly talkBack: TalkBack | undefined; readonly ffmpeg: string }
  readonly log: Log
  readonly clock: Clock
  readonly emit: (event: CameraEvent) => void
  readonly reportMotion: (isDetected: boolean) => void
  readonly reportOccupancy: (isDetected: boolean) => void
  /** What sees motion by itself. */
  readonly motion: Pick<MotionWatchOptions, 'videoSensitivity' | 'sensors'>
  /** Told when a sensor begins to see motion. */
  readonly sensed: (source: string) => void
  /** A sensor says that somebody rings. */
  readonly rang: (source: string) => void
}

/** What the hardware is told, of all settings. */
type HardwareSettings = Pick<
  CameraSettings,
  | 'isIndicatorActive'
  | 'isNightVisionActive'
  | 'isMicrophoneMuted'
  | 'isSpeakerMuted'
  | 'speakerVolume'
>

/** The camera itself: source, prebuffer, what it detects, and what it was told to do. */
export class Camera {
  readonly settings: SettingsStore
  readonly motion: Detection
  readonly occupancy: Detection
  /** What live views are made of. */
  readonly live: {
    readonly reader: SourceReader
    readonly sound: LiveSound
    readonly talk: Talk | undefined
    readonly isMicrophoneMuted: () => boolean
  }
  readonly #parts: CameraParts
  readonly #reader: SourceReader
  readonly #recorder: Recorder
  readonly #snapshots: Snapshots
  readonly #watch: MotionWatch
  readonly #stopListening: () => void
  #motionEndedAt: number | undefined

  constructor(parts: CameraParts) {
    const { source, log, clock, emit, settings, offer } = parts
    this.#parts = parts
    this.settings = settings
    this.#reader = new SourceReader({
      source,
      log,
      clock,
      failed: (message, isRepeated) =>
        emit({ event: 'error', message, ...(isRepeated && { isRepeated }) }),
    })
    const { ffmpeg, talkBack } = parts.liveSound
    const isMuted = () => settings.current.isSpeakerMuted
    this.live = {
      reader: this.#reader,
      sound: new LiveSound({ reader: this.#reader, ffmpeg, clock, log }),
      talk: talkBack && new Talk({ talkBack, ffmpeg, clock, log, isMuted }),
      isMicrophoneMuted: () => settings.current.isMicrophoneMuted,
    }
    this.#recorder = new Recorder({
      reader: this.#reader,
      description: source.description,
      log,
      clock,
      fragmentDurationMs: FRAGMENT_LENGTH_MS,
      prebufferLengthMs: offer.general.prebufferLengthMs,
    })
    this.#snapshots = new Snapshots(source, clock)
    this.motion = new Detection(clock, isDetected => {
      this.#motionEndedAt = isDetected ? undefined : clock.now()
      parts.reportMotion(isDetected)
      emit({ event: 'motion', isDetected })
    })
    this.occupancy = new Detection(clock, isDetected => {
      parts.reportOccupancy(isDetected)
      emit({ event: 'occupancy', isDetected })
    })
    this.#watch = new MotionWatch({
      ...parts.motion,
      reader: this.#reader,
      log,
      clock,
      seen: (source, durationMs) => {
        if (!this.motion.isDetected) parts.sensed(source)
        this.raiseMotion(durationMs)
      },
      rang: parts.rang,
      clear: () => this.motion.clear(),
    })
    this.#stopListening = settings.onChange((now, before) => this.#settingsChanged(now, before))
    this.#want(settings.current)
    if (this.isArmed) this.#recorder.start()
    if (isAwake(settings.current)) this.#watch.start()
    this.#tell(settings.current).catch((error: unknown) => {
      log.warn({ err: error }, 'The camera could not be told its settings.')
    })
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
    if (!isAwake(this.settings.current)) return false
    this.motion.raise(durationMs)
    return true
  }

  /** Somebody is there, for `durationMs` from now. @returns Whether anybody was told. */
  raiseOccupancy(durationMs: number): boolean {
    if (!isAwake(this.settings.current)) return false
    this.occupancy.raise(durationMs)
    return true
  }

  /** What a hub that asks now may record. */
  permitRecording(): RecordingPermit {
    const { current } = this.settings
    if (!isAwake(current) || !current.isRecordingActive) return 'notAllowed'
    const selected = this.#selection(current)
    if (selected === undefined) return 'invalidConfiguration'
    return {
      recorder: this.#recorder,
      prebufferMs: selected.prebufferMs,
      withAudio: current.isRecordingAudioActive,
      motionEndedAt: () => this.#motionEndedAt,
    }
  }

  /** As {@link Snapshots.take}. */
  snapshot(width: number, height: number): Promise<Uint8Array> {
    return this.#snapshots.take(width, height)
  }

  /** Changes what the hardware has to know. It is stored when the hardware has taken it. */
  async adjust(patch: Partial<HardwareSettings>): Promise<void> {
    await this.#tell({ ...this.settings.current, ...patch }, patch)
    await this.settings.change(patch)
  }

  /** Nobody is paired any more: as on the first day. */
  async reset(): Promise<void> {
    await this.settings.reset()
    await this.#tell(this.settings.current)
  }

  /** Stops recording and watching. The source is its owner's to close. */
  async close(): Promise<void> {
    this.#stopListening()
    this.motion.stop()
    this.occupancy.stop()
    this.#snapshots.forget()
    this.#recorder.stop()
    this.#watch.stop()
    await this.live.sound.close()
    await this.live.talk?.close()
    await this.#reader.close()
  }

  /** A source that encodes does it for the recording: whoever looks live takes what there is. */
  #want(settings: CameraSettings): void {
    const stream = this.#selection(settings)?.stream
    if (stream !== undefined) this.#parts.source.prefer?.(stream)
    this.#recorder.want(stream)
  }

  #selection({ selectedConfiguration }: CameraSettings): RecordingSelection | undefined {
    if (selectedConfiguration === undefined) return undefined
    return parseSelection(selectedConfiguration, this.#parts.offer)
  }

  /** Tells the hardware all that it has to know, or what of it is in `patch`. */
  async #tell(all: HardwareSettings, patch: Partial<HardwareSettings> = all): Promise<void> {
    const { delegate } = this.#parts
    if ('isIndicatorActive' in patch) await delegate.setIndicator?.(all.isIndicatorActive)
    if ('isNightVisionActive' in patch) await delegate.setNightVision?.(all.isNightVisionActive)
    if ('isMicrophoneMuted' in patch) {
      await delegate.setMicrophone?.({ isMuted: all.isMicrophoneMuted })
    }
    if ('isSpeakerMuted' in patch || 'speakerVolume' in patch) {
      await delegate.setSpeaker?.({ isMuted: all.isSpeakerMuted, volume: all.speakerVolume })
    }
  }

  #settingsChanged(now: CameraSettings, before: CameraSettings): void {
    const { emit } = this.#parts
    if (isAwake(before) && !isAwake(now)) {
      this.motion.clear()
      this.occupancy.clear()
      this.#snapshots.forget()
      this.#parts.source.forgetPictures?.()
      this.#watch.stop()
    }
    if (isAwake(now)) this.#watch.start()
    this.#want(now)
    if (now.isIndicatorActive !== before.isIndicatorActive) {
      emit({ event: 'indicator', isOn: now.isIndicatorActive })
    }
    if (now.isNightVisionActive !== before.isNightVisionActive) {
      emit({ event: 'night-vision', isOn: now.isNightVisionActive })
    }
    if (isArmed(now) === isArmed(before)) return
    if (isArmed(now)) this.#recorder.start()
    // What is read from it ends with it.
    else this.#recorder.stop()
    emit({ event: isArmed(now) ? 'armed' : 'disarmed' })
  }
}
