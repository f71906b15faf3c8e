import { BackOff, type Clock, type MotionSensor, PictureSizeDetector } from '@hksv/media'

import type { Log } from '../log.ts'
import type { SourceReader } from './source-reader.ts'

/** Hubs record what lasts: shorter motion is held so long. */
const HOLD_MS = 10_000
/** A sensor that never rests would make one recording without an end. */
const MAX_ON_MS = 120_000
/** So long it is still before the same sensors count again, and the hub has its clip. */
const REST_MS = 10_000
/** One that has worked so long has failed for the first time. */
const WORKED_MS = 60_000

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
  /** Somebody rings, as `source` says. */
  readonly rang: (source: string) => void
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

  /** A sensor that fails is asked again, ever later; what is the same as before is told once. */
  async #watch(sensor: MotionSensor, signal: AbortSignal): Promise<void> {
    const { clock, log, rang } = this.#options
    const backOff = new BackOff(() => 0)
    let told = ''
    while (!signal.aborted) {
      const startedAt = clock.now()
      let failure: unknown
      try {
        await sensor.watch(what => {
          if (signal.aborted) return
          if (what === 'ring') rang(sensor.name)
          else this.#seen(sensor.name)
        }, signal)
      } catch (error) {
        failure = error
      }
      if (signal.aborted) return
      const now = clock.now()
      if (now - startedAt > WORKED_MS) {
        backOff.reset()
        told = ''
      }
      const text = failure instanceof Error ? failure.message : String(failure)
      if (failure !== undefined && text !== told)
        log.warn({ err: failure }, `Motion is not seen through ${sensor.name}.`)
      told = text
      await clock.sleepUntil(now + backOff.next(failure), signal)
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
