import { performance } from 'node:perf_hooks'

import type { Finding } from '@hksv/fmp4'

import type { AccessoryClient, Reading } from './accessory-client.ts'
import { type ClipFragment, ClipWriter } from './clip-writer.ts'
import { HubError } from './errors.ts'
import { Recording, type RecordingTimes } from './recording.ts'
import { motionCharacteristic } from './secure-video.ts'

/** What to record. */
export interface RecordOptions {
  readonly client: AccessoryClient
  /** The MP4 file. While it grows it is called `PATH.part`. */
  readonly path: string
  /** The clip ends with the fragment that reaches this length. */
  readonly durationMs: number
  /** Records at once, instead of waiting for motion. */
  readonly isNow?: boolean
  /** Ends the wait and the recording; what was received stays. */
  readonly signal?: AbortSignal
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
export interface ClipReport {
  readonly path: string
  readonly bytes: number
  readonly durationMs: number
  readonly fragments: readonly ClipFragment[]
  /** False when the recording broke off; the clip plays up to there. */
  readonly isComplete: boolean
  readonly endedBy: 'hub' | 'camera' | 'connection'
  readonly reason: string
  readonly times: RecordingTimes
  /** How much of the clip is older than the motion that caused it; absent with `isNow`. */
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
 */
export async function recordClip(options: RecordOptions): Promise<ClipReport> {
  const { client, path, signal, onProgress } = options
  const clip = await ClipWriter.create(path)
  let motionAt: number | undefined
  let startedAt = Number.POSITIVE_INFINITY
  let recording: Recording | undefined
  let hasClip = false
  try {
    motionAt = options.isNow ? undefined : await waitForMotion(client, signal, onProgress)
    recording = await Recording.open(client, signal)
    onProgress?.({ step: 'opened' })
    for await (const event of recording) {
      await clip.write(event)
      const fragment = clip.fragments.at(-1)
      if (event.dataType === 'mediaInitialization' || fragment === undefined) continue
      // A live fragment comes when it ends; the prebuffer came later than it ended.
      startedAt = Math.min(startedAt, performance.now() - clip.durationMs)
      onProgress?.({ step: 'fragment', fragment })
      if (clip.durationMs >= options.durationMs) break
    }
  } catch (error) {
    // Whoever stopped us has the clip up to here, if there is one.
    if (signal?.aborted !== true || clip.fragments.length === 0) throw error
  } finally {
    hasClip = await clip.finish()
  }
  const end = recording?.end ?? { by: 'hub', reason: 'cancelled', isComplete: false }
  if (!hasClip) {
    throw new HubError('HUB_NO_MEDIA', {
      message: `The camera accepted the recording and sent nothing (${end.reason}).`,
    })
  }
  return {
    path,
    bytes: clip.bytes,
    durationMs: clip.durationMs,
    fragments: clip.fragments,
    isComplete: end.isComplete,
    endedBy: end.by,
    reason: end.reason,
    times: recording?.times ?? {},
    ...(motionAt === undefined ? {} : { beforeMotionMs: motionAt - startedAt }),
    findings: clip.findings,
  }
}

/** @returns When the camera reported motion, on the clock of `performance.now()`. */
async function waitForMotion(
  client: AccessoryClient,
  signal: AbortSignal | undefined,
  onProgress: RecordOptions['onProgress'],
): Promise<number> {
  const motion = motionCharacteristic(client)
  const { promise, resolve, reject } = withResolvers<number>()
  const isMotion = ({ characteristic, value }: Reading) =>
    characteristic === motion && (value === true || value === 1)
  const stop = client.onChange(reading => {
    if (isMotion(reading)) resolve(performance.now())
  })
  const lost = () => reject(client.signal.reason)
  const aborted = () => reject(signal?.reason)
  client.signal.addEventListener('abort', lost, { once: true })
  signal?.addEventListener('abort', aborted, { once: true })
  try {
    signal?.throwIfAborted()
    await client.subscribe(motion)
    // It may have begun before we listened.
    const [reading] = await client.read([motion])
    if (reading !== undefined && isMotion(reading)) resolve(performance.now())
    onProgress?.({ step: 'waiting' })
    const motionAt = await promise
    onProgress?.({ step: 'motion' })
    return motionAt
  } finally {
    stop()
    client.signal.removeEventListener('abort', lost)
    signal?.removeEventListener('abort', aborted)
  }
}

function withResolvers<T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (reason: unknown) => void
} {
  let resolve: (value: T) => void = () => undefined
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil
    reject = refuse
  })
  // It may be rejected before anybody waits for it.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
