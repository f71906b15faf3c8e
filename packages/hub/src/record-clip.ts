import type { Finding } from '@hksv/fmp4'

import type { AccessoryClient } from './accessory-client.ts'
import type { ClipFragment, ClipTarget } from './clip-account.ts'
import { ClipWriter } from './clip-writer.ts'
import { HubError } from './errors.ts'
import { waitForMotion } from './motion.ts'
import { type HubProfile, plainStance } from './profiles/profile.ts'
import { wait } from './reconnect/wait.ts'
import type { Recording, RecordingTimes } from './recording.ts'

/** What to record into a file. */
export interface RecordOptions extends RecordingOptions {
  /** The MP4 file. While it grows it is called `PATH.part`. */
  readonly path: string
}

/** What to record. */
export interface RecordingOptions {
  readonly client: AccessoryClient
  /** The clip ends with the fragment that reaches this length. */
  readonly durationMs: number
  /** Records at once, instead of waiting for motion. */
  readonly isNow?: boolean
  /** Ends the wait and the recording; what was received stays. */
  readonly signal?: AbortSignal
  /** Pace and manners of the hub; `quick` unless given. */
  readonly profile?: HubProfile
  /** Told of each step. */
  readonly onProgress?: (step: RecordStep) => void
}

/** A step of a recording. */
export type RecordStep =
  | { readonly step: 'waiting' }
  | { readonly step: 'motion' }
  | { readonly step: 'opened' }
  | { readonly step: 'fragment'; readonly fragment: ClipFragment }

/** What came of it. */
export interface ClipReport extends RecordingReport {
  readonly path: string
}

/** What came of a recording. */
export interface RecordingReport {
  readonly bytes: number
  readonly durationMs: number
  readonly fragments: readonly ClipFragment[]
  /** False when the recording broke off; the clip plays up to there. */
  readonly isComplete: boolean
  readonly endedBy: 'hub' | 'camera' | 'connection'
  /** See `RecordingEnd`. */
  readonly reason: string
  readonly times: RecordingTimes
  /** When the motion was reported, ISO 8601; absent with `isNow`. */
  readonly motionAt?: string
  /**
   * How much of the clip is older than the motion that caused it; absent with `isNow`.
   *
   * The clip has no clock of its own. A live fragment arrives when it ends, so the first picture was
   * taken at the time of arrival less the length of the clip up to then; the earliest such time of all
   * fragments counts, since delays only ever make it later. Before any live fragment has come, this
   * is what the prebuffer holds at least.
   */
  readonly beforeMotionMs?: number
  /** What the inspector found wrong with the clip; empty for a good one. */
  readonly findings: readonly Finding[]
}

/**
 * Records one clip, as a home hub does when something moves.
 *
 * @throws HubError `HUB_RECORDING_REFUSED`, `HUB_NO_MEDIA`, `HUB_CLIP_UNWRITABLE`, and those of the
 * connection. A recording that breaks off after its first fragment is no error but a report with
 * `isComplete` false.
 * @example
 * const report = await recordClip({ client, path: 'clip.mp4', durationMs: 12_000 })
 * if (!report.isComplete) console.error(`It broke off: ${report.reason}`)
 */
export async function recordClip(options: RecordOptions): Promise<ClipReport> {
  const { path } = options
  return { path, ...(await recordInto(options, await ClipWriter.create(path))) }
}

/**
 * Records one clip into `clip`, as {@link recordClip} does into a file.
 *
 * @throws HubError As {@link recordClip}
 */
export async function recordInto(
  options: RecordingOptions,
  clip: ClipTarget,
): Promise<RecordingReport> {
  const course: Course = { startedAt: Number.POSITIVE_INFINITY }
  let hasClip: boolean
  try {
    await run(options, clip, course)
  } catch (error) {
    // Whoever stopped us has the clip up to here, if there is one.
    if (options.signal?.aborted !== true || clip.fragments.length === 0) throw error
  } finally {
    hasClip = await clip.finish()
  }
  const { recording, motionAt, startedAt } = course
  const end = recording?.end ?? { by: 'hub', reason: 'cancelled', isComplete: false }
  if (!hasClip) {
    throw new HubError('HUB_NO_MEDIA', {
      message: `The camera accepted the recording and sent nothing (${end.reason}). Look at its source.`,
    })
  }
  return {
    bytes: clip.bytes,
    durationMs: clip.durationMs,
    fragments: clip.fragments,
    isComplete: end.isComplete,
    endedBy: end.by,
    reason: end.reason,
    times: recording?.times ?? {},
    ...(motionAt && { motionAt: motionAt.date, beforeMotionMs: motionAt.now - startedAt }),
    findings: clip.findings,
  }
}

/** What is known of a recording while it runs. */
interface Course {
  /** The first picture, on the clock of `performance.now()`. */
  startedAt: number
  motionAt?: { readonly now: number; readonly date: string }
  recording?: Recording
}

async function run(options: RecordingOptions, clip: ClipTarget, course: Course): Promise<void> {
  const { client, durationMs, signal, onProgress } = options
  const { stand = plainStance, pauseMs = 0 } = options.profile ?? {}
  await using stance = await stand(client, signal)
  if (options.isNow !== true) {
    await waitForMotion(client, signal, () => onProgress?.({ step: 'waiting' }))
    course.motionAt = { now: performance.now(), date: new Date().toISOString() }
    onProgress?.({ step: 'motion' })
  }
  course.recording = await stance.open()
  onProgress?.({ step: 'opened' })
  for await (const event of course.recording) {
    const arrivedAt = performance.now()
    const fragment = await clip.write(event)
    if (fragment === undefined) {
      if (pauseMs > 0) await wait(pauseMs, signal)
      continue
    }
    course.startedAt = Math.min(course.startedAt, arrivedAt - clip.durationMs)
    onProgress?.({ step: 'fragment', fragment })
    if (clip.durationMs >= durationMs) break
  }
}
