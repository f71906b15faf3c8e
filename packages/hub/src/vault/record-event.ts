import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { SelectedCameraRecordingConfiguration } from '@hksv/hap'

import type { AccessoryClient } from '../accessory-client.ts'
import { ClipWriter } from '../clip-writer.ts'
import { HubError } from '../errors.ts'
import { Recording, type RecordingEnd } from '../recording.ts'
import { clipName } from './clip-name.ts'
import type { MotionState } from './motion-state.ts'
import { posterFrom, posterOf, savePoster } from './poster.ts'
import { type ClipBeginning, type ClipSidecar, writeSidecar } from './sidecar.ts'

/** What recording one event needs. */
export interface EventOptions {
  readonly client: AccessoryClient
  readonly motion: MotionState
  readonly configuration: SelectedCameraRecordingConfiguration
  readonly directory: string
  /** Names of clips that are being written; this one is among them while it is. */
  readonly active: Set<string>
  readonly maxClipMs: number
  readonly quietMs: number
  /** Undefined when there is none: the camera takes the poster then. */
  readonly ffmpeg: string | undefined
  readonly signal: AbortSignal
  readonly onRecording: (path: string) => void
}

/** A clip and what stands beside it. */
export interface RecordedEvent {
  readonly path: string
  readonly clip: ClipSidecar
  /** Makes the picture beside it, and lets go of the name: to be called in any case. */
  readonly finish: () => Promise<void>
}

/**
 * Records what moves until nothing has moved for a while. Each fragment is on the disk before the
 * next one is taken; the sidecar is written before the clip gets its name.
 *
 * @throws HubError As `Recording.open`, `HUB_NO_MEDIA`, `HUB_CLIP_UNWRITABLE`
 */
export async function recordEvent(options: EventOptions): Promise<RecordedEvent> {
  const { client, directory, active, signal } = options
  const recording = await Recording.open(client, signal)
  const startedAt = new Date()
  const name = clipName(client.accessory, startedAt)
  const base = join(directory, name)
  active.add(name)
  try {
    const { clip, picture } = await receive(
      options,
      recording,
      base,
      beginningOf(options, startedAt),
    )
    const finish = async () => {
      await addPoster(options, base, clip, picture)
      active.delete(name)
    }
    return { path: `${base}.mp4`, clip, finish }
  } catch (error) {
    active.delete(name)
    throw error
  }
}

/** Of the key frame when it began to move, or what the camera showed. */
async function addPoster(
  { ffmpeg, configuration }: EventOptions,
  base: string,
  { durationMs }: ClipSidecar,
  picture: Uint8Array | undefined,
): Promise<void> {
  const { prebufferLengthMs } = configuration.general
  if (picture !== undefined) await savePoster(base, picture)
  else if (ffmpeg !== undefined) {
    await posterOf(ffmpeg, base, Math.min(prebufferLengthMs, durationMs / 2))
  }
}

async function receive(
  options: EventOptions,
  recording: Recording,
  base: string,
  beginning: ClipBeginning,
): Promise<{ clip: ClipSidecar; picture: Uint8Array | undefined }> {
  const { client, ffmpeg, signal, onRecording } = options
  const path = `${base}.mp4`
  const writer = await begin(recording, base, beginning)
  onRecording(path)
  const picture = ffmpeg === undefined ? posterFrom(client) : Promise.resolve(undefined)
  let failure: unknown
  try {
    await copy(options, recording, writer)
  } catch (error) {
    // What was received stays, whatever stopped it.
    failure = error
  }
  const end = failure === undefined ? endOf(recording) : interrupted(client, recording)
  const clip = describe(beginning, writer, recording, end)
  const hasMedia = writer.fragments.length > 0
  // On a full disk the clip matters more; it is described again when there is room.
  const isDescribed = !hasMedia || (await isWritten(`${base}.json`, clip))
  const hasClip = await writer.finish()
  if (isDescribed) await rm(`${base}.part.json`, { force: true })
  if (failure !== undefined && !signal.aborted && !client.signal.aborted) throw failure
  if (!hasClip) {
    signal.throwIfAborted()
    throw new HubError('HUB_NO_MEDIA', {
      message: `The camera accepted the recording and sent nothing (${end.reason}). Look at its source.`,
    })
  }
  return { clip, picture: await picture }
}

async function begin(
  recording: Recording,
  base: string,
  beginning: ClipBeginning,
): Promise<ClipWriter> {
  try {
    const options = { partPath: `${base}.part.mp4`, isDurable: true }
    const writer = await ClipWriter.create(`${base}.mp4`, options)
    await isWritten(`${base}.part.json`, beginning)
    return writer
  } catch (error) {
    await recording.close('cancelled')
    throw error
  }
}

/** Ends at a fragment, when it is quiet or the clip is long enough. */
async function copy(
  { motion, maxClipMs, quietMs }: EventOptions,
  recording: Recording,
  writer: ClipWriter,
): Promise<void> {
  for await (const event of recording) {
    const fragment = await writer.write(event)
    if (fragment === undefined) continue
    const quiet = motion.quietMs(performance.now())
    if (writer.durationMs >= maxClipMs || (quiet !== undefined && quiet >= quietMs)) return
  }
}

async function isWritten(path: string, value: ClipBeginning | ClipSidecar): Promise<boolean> {
  return writeSidecar(path, value).then(
    () => true,
    () => false,
  )
}

function beginningOf(
  { client, motion, configuration }: EventOptions,
  startedAt: Date,
): ClipBeginning {
  const { deviceId, name = null } = client.accessory
  return {
    format: 1,
    camera: { deviceId, name },
    trigger: 'motion',
    motionAt: motion.beganAt.toISOString(),
    startedAt: startedAt.toISOString(),
    configuration,
  }
}

function endOf({ end }: Recording): RecordingEnd {
  return end ?? { by: 'hub', reason: 'cancelled', isComplete: false }
}

/** Whoever ended the connection ended the recording. */
function interrupted({ signal }: AccessoryClient, recording: Recording): RecordingEnd {
  return signal.aborted
    ? { by: 'connection', reason: 'connection lost', isComplete: false }
    : { ...endOf(recording), isComplete: false }
}

function describe(
  beginning: ClipBeginning,
  writer: ClipWriter,
  { times }: Recording,
  { by, reason, isComplete }: RecordingEnd,
): ClipSidecar {
  return {
    ...beginning,
    endedAt: new Date().toISOString(),
    durationMs: writer.durationMs,
    fragments: writer.fragments.length,
    bytes: writer.bytes,
    endedBy: by,
    reason,
    isComplete,
    times,
    findings: writer.findings.map(({ rule, text }) => `${rule}: ${text}`),
  }
}
