import {
  type CameraEvent,
  type CameraOptions,
  explain,
  type RunningCamera,
  sourceMemory,
  startCamera,
} from '@hksv/accessory'
import {
  isMediaError,
  type MediaSource,
  type OpenSourceOptions,
  openSources,
  snapshotsFrom,
} from '@hksv/media'

import { UsageError } from '../failure.ts'
import { createLog } from '../log.ts'
import type { Output } from '../output.ts'
import { type CameraFlags, cameraOptions } from './camera-flags.ts'
import { report } from './camera-report.ts'

/** A camera of which everything is known to be right that can be known before it starts. */
export interface PreparedCamera {
  readonly flags: CameraFlags
  readonly output: Output
  readonly options: Omit<CameraOptions, 'source' | 'log'>
  readonly pictures: (source: MediaSource) => MediaSource
}

/** A camera and its source, until they are closed. */
export interface StartedCamera extends AsyncDisposable {
  readonly camera: RunningCamera
  /** What is shown of the source. */
  readonly source: string
}

/**
 * @param metrics - What its own control API answers, if it has one.
 * @throws UsageError
 */
export function prepareCamera(
  flags: CameraFlags,
  output: Output,
  metrics: () => Promise<string>,
): PreparedCamera {
  const pictures = picturesOf(flags, output)
  return { flags, output, options: cameraOptions(flags, metrics), pictures }
}

/**
 * Opens its source, which may take until the camera is there, and starts it.
 *
 * @returns Nothing when it was stopped before.
 */
export async function startOne(
  prepared: PreparedCamera,
  stop: AbortSignal,
): Promise<StartedCamera | undefined> {
  const { flags, output, options } = prepared
  const log = createLog(output)
  const memory = sourceMemory(flags.storage, log)
  const note = (told: string) => output.warn(told)
  const source = await openUnlessStopped(prepared, { memory, note }, stop)
  if (source === undefined) return undefined
  let running: RunningCamera | undefined
  try {
    for (const warning of source.warnings) output.warn(warning)
    running = await startCamera({
      ...options,
      source,
      log,
      onEvent: (event: CameraEvent) => report(output, event, running?.info),
      onRecord: record => output.detail(explain(record).join('\n')),
    })
    await memory.begin()
  } catch (error) {
    await running?.close()
    await source[Symbol.asyncDispose]()
    throw error
  }
  const camera = running
  return {
    camera,
    source: source.description.name,
    async [Symbol.asyncDispose]() {
      await camera.close()
      await source[Symbol.asyncDispose]()
    },
  }
}

/** A camera that is away is waited for. @returns Nothing when it was stopped before it came. */
async function openUnlessStopped(
  { flags, pictures }: PreparedCamera,
  options: OpenSourceOptions,
  stop: AbortSignal,
): Promise<MediaSource | undefined> {
  try {
    const source = await openSources(flags.source, {
      ...options,
      ffmpeg: flags.ffmpeg,
      transcode: flags.transcode,
      encoder: flags.encoder,
      isHevcAllowed: flags.hevc,
      keepTrying: stop,
    })
    return pictures(source)
  } catch (error) {
    if (stop.aborted) return undefined
    throw error
  }
}

/** @returns What gives the source the pictures of `--snapshot`. @throws UsageError */
function picturesOf(
  { snapshot, ffmpeg }: CameraFlags,
  output: Output,
): (source: MediaSource) => MediaSource {
  if (snapshot === undefined) return source => source
  try {
    return snapshotsFrom(snapshot, {
      ffmpeg,
      served: origin => output.detail(`Picture: ${origin}.`),
      note: told => output.warn(told),
    })
  } catch (error) {
    throw isMediaError(error)
      ? new UsageError(`--snapshot: ${error.message}`, { cause: error })
      : error
  }
}
