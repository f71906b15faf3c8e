import { type Clock, type MotionSensor, PictureSizeDetector } from '@hksv/media'

import type { Log } from '../log.ts'
import type { SourceReader } from './source-reader.ts'

/** Hubs record what lasts: shorter motion is held so long. */
const HOLD_MS = 10_000
/** A sensor that never rests would make one recording without an end. */
const MAX_ON_MS = 120_000
/** So long it is still before the same sensors count again, and the hub has its clip. */
const REST_MS = 10_000
const MIN_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 60_000

/** What sees motion at a camera by itself. */
export interface MotionWatchOptions {
  readonly reader: SourceReader
  /** Watches the pictures themselves, so sensitively; not at all unless given. */
  readonly videoSensitivity: number | undefined
  readonly sensors: readonly MotionSensor[]
  readonly log: Log
  readonly clock: Clock
  /** Something moves, as `source` sees it, and is to be held for so long. */
  readonly seen: (source: string, durationMs: number) => void
  /** It has moved for too long. */
  readonly clear: () => void
}

/** Watches for motion while the camera is awake, with whatever can see it. */
export class MotionWatch {
  readonly #options: MotionWatchOptions
  #watching: AbortController | undefined
  #beganAt: number | undefined
  #lastSeenAt = Number.NEGATIVE_INFINITY
  #restsUntil = Number.NEGATIVE_INFINITY

  constructor(options: MotionWatchOptions) {
    this.#options = options
  }

  /** Begins to watch. Does nothing when it does already. */
  start(): void {
    if (this.#watching !== undefined) return
    const watching = new AbortController()
    this.#watching = watching
    const { sensors, videoSensitivity } = this.#options
    for (const sensor of sensors) void this.#watch(sensor, watching.signal)
    if (videoSensitivity !== undefined) this.#watchVideo(videoSensitivity, watching.signal)
  }

  /** Watches no more. */
  stop(): void {
    this.#watching?.abort()
    this.#watching = undefined
    this.#beganAt = undefined
  }

  #watchVideo(sensitivity: number, signal: AbortSignal): void {
    let detector: PictureSizeDetector | undefined
    const stop = this.#options.reader.listen({
      began: ({ video: { timescale } }) => {
        detector = new PictureSizeDetector({ timescale, sensitivity })
      },
      sample: sample => {
        if (detector?.push(sample) === true) this.#seen('video')
      },
      ended: () => {
        detector = undefined
      },
    })
    signal.addEventListener('abort', stop, { once: true })
  }

  /** A sensor that fails is asked again, ever later. */
  async #watch(sensor: MotionSensor, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    let backoffMs = MIN_BACKOFF_MS
    while (!signal.aborted) {
      const startedAt = clock.now()
      try {
        await sensor.watch(() => this.#seen(sensor.name), signal)
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error }, `Motion is not seen through ${sensor.name}.`)
      }
      if (signal.aborted) return
      const now = clock.now()
      if (now - startedAt > MAX_BACKOFF_MS) backoffMs = MIN_BACKOFF_MS
      await clock.sleepUntil(now + backoffMs, signal)
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)
    }
  }

  #seen(source: string): void {
    const { clock, seen, clear } = this.#options
    const now = clock.now()
    if (this.#watching === undefined || now < this.#restsUntil) return
    // After a pause it is another motion.
    if (now - this.#lastSeenAt > HOLD_MS) this.#beganAt = undefined
    this.#lastSeenAt = now
    this.#beganAt ??= now
    if (now - this.#beganAt < MAX_ON_MS) {
      seen(source, HOLD_MS)
      return
    }
    this.#beganAt = undefined
    this.#restsUntil = now + REST_MS
    clear()
  }
}
