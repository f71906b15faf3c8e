import type { Readiness } from '../records/event-record.ts'
import type { StoredCamera } from '../storage/schemas.ts'
import type { StateFile } from '../storage/state-file.ts'

/** What the camera was told to do. Survives restarts, ends with the last pairing. */
export type CameraSettings = Readonly<StoredCamera>

/** The settings of a camera that nobody has paired with. */
export function defaultSettings(streamCount: number): CameraSettings {
  return {
    isCameraActive: true,
    isStreamingActive: Array.from({ length: streamCount }, () => true),
    isRecordingActive: false,
    isRecordingAudioActive: false,
    areEventSnapshotsActive: true,
    arePeriodicSnapshotsActive: true,
    isIndicatorActive: true,
    isNightVisionActive: true,
    isMicrophoneMuted: false,
    isSpeakerMuted: false,
    speakerVolume: 100,
    isManuallyDisabled: false,
  }
}

/** Whether it may see at all: neither switched off in Home nor by its own switch. */
export function isAwake({ isCameraActive, isManuallyDisabled }: CameraSettings): boolean {
  return isCameraActive && !isManuallyDisabled
}

/** Whether anybody may look through this stream service. */
export function isStreamAllowed(settings: CameraSettings, index: number): boolean {
  return isAwake(settings) && (settings.isStreamingActive[index] ?? true)
}

/** Whether recordings are wanted and possible: awake, allowed, and configured by a hub. */
export function isArmed(settings: CameraSettings): boolean {
  const { isRecordingActive, selectedConfiguration } = settings
  return isAwake(settings) && isRecordingActive && selectedConfiguration !== undefined
}

/** Why nothing would be recorded, or that something would. */
export function readinessOf(settings: CameraSettings): Readiness {
  if (settings.isManuallyDisabled) return 'manually-disabled'
  if (!settings.isCameraActive) return 'camera-off'
  if (!settings.isRecordingActive) return 'recording-off'
  return isArmed(settings) ? 'armed' : 'nothing-selected'
}

/** The settings in memory and on disk. A change is on the disk before it counts. */
export class SettingsStore {
  readonly #file: StateFile<StoredCamera>
  readonly #streamCount: number
  readonly #listeners = new Set<(now: CameraSettings, before: CameraSettings) => void>()
  #current: CameraSettings
  #lastChange: Promise<unknown> = Promise.resolve()

  private constructor(file: StateFile<StoredCamera>, current: CameraSettings, streamCount: number) {
    this.#file = file
    this.#current = current
    this.#streamCount = streamCount
  }

  /**
   * Takes what is stored. What a hub selected is dropped when something else was offered then: it
   * finds out by c#, and selects again.
   */
  static async open(
    file: StateFile<StoredCamera>,
    stored: StoredCamera | undefined,
    options: {
      readonly isPaired: boolean
      readonly streamCount: number
      readonly offerHash: string
    },
  ): Promise<SettingsStore> {
    const { isPaired, streamCount, offerHash } = options
    const standard = defaultSettings(streamCount)
    // They end with the last pairing, also when the camera was killed in between.
    const { isManuallyDisabled } = { ...standard, ...stored }
    const kept: Partial<StoredCamera> | undefined = isPaired ? stored : { isManuallyDisabled }
    const isStreamingActive = standard.isStreamingActive.map(
      (active, i) => kept?.isStreamingActive?.[i] ?? active,
    )
    const settings = { ...standard, ...kept, isStreamingActive }
    const store = new SettingsStore(file, settings, streamCount)
    const isOutdated = stored?.offerHash !== undefined && stored.offerHash !== offerHash
    await store.change({
      offerHash,
      ...(isOutdated ? { selectedConfiguration: undefined } : {}),
    })
    return store
  }

  /** As stored now. */
  get current(): CameraSettings {
    return this.#current
  }

  /** Resolves when the change is on the disk and everyone was told. */
  change(patch: Partial<StoredCamera>): Promise<void> {
    return this.#inTurn(() => patch)
  }

  /** Switches one of the stream services on or off. */
  changeStreaming(index: number, isActive: boolean): Promise<void> {
    return this.#inTurn(({ isStreamingActive }) =>
      isStreamingActive[index] === isActive
        ? {}
        : { isStreamingActive: isStreamingActive.with(index, isActive) },
    )
  }

  /** Nobody is paired any more: as on the first day, but for the camera's own switch. */
  reset(): Promise<void> {
    const { isManuallyDisabled: _, ...standard } = defaultSettings(this.#streamCount)
    return this.change({ ...standard, selectedConfiguration: undefined })
  }

  /** Calls `listener` after each change until the returned function is called. */
  onChange(listener: (now: CameraSettings, before: CameraSettings) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Changes are made one after the other: each begins with what the one before it stored. */
  #inTurn(patch: (before: CameraSettings) => Partial<StoredCamera>): Promise<void> {
    const change = this.#lastChange.then(async () => {
      const before = this.#current
      const changes = patch(before)
      if (isPartOf(before, changes)) return
      const next = { ...before, ...changes }
      await this.#file.save(next)
      this.#current = next
      for (const listener of this.#listeners) listener(next, before)
    })
    this.#lastChange = change.catch(() => undefined)
    return change
  }
}

/** Whether nothing would change. */
function isPartOf(settings: CameraSettings, changes: Partial<StoredCamera>): boolean {
  const names = Object.keys(changes) as (keyof StoredCamera)[]
  return names.every(name => settings[name] === changes[name])
}
