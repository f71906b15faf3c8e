import type { SelectedCameraRecordingConfiguration } from '@hksv/hap'
import { dataSendReason } from '@hksv/hds'

import type { AccessoryClient } from '../accessory-client.ts'
import { type HubError, isHubError } from '../errors.ts'
import { connections } from '../reconnect/connections.ts'
import { wait } from '../reconnect/wait.ts'
import { arm, armedConfiguration, motionCharacteristic } from '../secure-video.ts'
import type { StoredAccessory } from '../store/controller-store.ts'
import { MotionState } from './motion-state.ts'
import { recordEvent } from './record-event.ts'
import type { VaultCamera, VaultOptions } from './vault-options.ts'

/** How often a camera is asked whether it is still armed, and alive. */
const PULSE_MS = 60_000
/** After a failure, while it still moves, and twice as long after each further one. */
const FIRST_BUSY_MS = 1000
const MAX_BUSY_MS = 16_000
/** What a camera refuses with that is not armed. */
const UNARMED: ReadonlySet<number> = new Set([
  dataSendReason.notAllowed,
  dataSendReason.invalidConfiguration,
])

/** What the cameras of a vault have in common. */
export interface VaultContext
  extends Required<
    Pick<VaultOptions, 'store' | 'directory' | 'arm' | 'maxClipMs' | 'quietMs' | 'onEvent'>
  > {
  readonly options: VaultOptions
  /** Undefined when there is none. */
  readonly ffmpeg: string | undefined
  readonly active: Set<string>
  /** Does what can wait, one after the other. */
  readonly later: (work: () => Promise<void>) => void
}

/** Keeps one camera armed and records what moves, until `signal` aborts or it is not ours any more. */
export async function keepCamera(
  context: VaultContext,
  accessory: StoredAccessory,
  signal: AbortSignal,
): Promise<void> {
  const { crypto, announcements, trace } = context.options
  const { store, onEvent } = context
  const { deviceId, name = null } = accessory
  let camera: VaultCamera = { deviceId, name }
  const onLost = (error: unknown, retryMs: number) =>
    onEvent({ event: 'lost', ...camera, message: messageOf(error), retryMs })
  try {
    const parts = {
      ...(crypto && { crypto }),
      ...(announcements && { announcements }),
      ...(trace && { trace }),
    }
    for await (const client of connections({ store, accessory, signal, onLost, ...parts })) {
      camera = { deviceId, name: client.accessory.name ?? name }
      onEvent({ event: 'connected', ...camera })
      await serve(context, client, camera, signal)
    }
  } catch (error) {
    if (!signal.aborted) onEvent({ event: 'dropped', ...camera, message: messageOf(error) })
  }
}

/** @throws HubError `HUB_NO_CAMERA`: no other connection changes that. */
async function serve(
  context: VaultContext,
  client: AccessoryClient,
  camera: VaultCamera,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController()
  const ended = () => stop.abort(signal.aborted ? signal.reason : client.signal.reason)
  for (const each of [signal, client.signal]) each.addEventListener('abort', ended)
  if (signal.aborted || client.signal.aborted) ended()
  const motion = new MotionState()
  const recording = record(context, client, camera, motion, stop.signal)
  const tasks = [
    recording,
    listen(client, motion, stop.signal),
    pulse(context, client, camera, stop.signal),
  ]
  try {
    await Promise.race(tasks)
  } catch (error) {
    if (isHubError(error) && error.code === 'HUB_NO_CAMERA') throw error
    if (!stop.signal.aborted) {
      context.onEvent({ event: 'failed', ...camera, message: messageOf(error) })
    }
  } finally {
    ended()
    // The camera hears of the end before the connection goes.
    await Promise.allSettled([recording])
    client.close()
    await Promise.allSettled(tasks)
    for (const each of [signal, client.signal]) each.removeEventListener('abort', ended)
  }
}

async function listen(
  client: AccessoryClient,
  motion: MotionState,
  signal: AbortSignal,
): Promise<void> {
  const sensor = motionCharacteristic(client)
  // Listened to before it is asked for, and asked for before it is read: nothing falls between.
  const events = client.events(signal)
  try {
    await client.subscribe(sensor)
    const take = (value: unknown) => motion.set(value === true || value === 1, performance.now())
    for (const { value } of await client.read([sensor])) take(value)
    for await (const { characteristic, value } of events) if (characteristic === sensor) take(value)
  } finally {
    await events.return?.()
  }
}

/** Arms again what somebody disarmed, and finds out when nobody answers any more. */
async function pulse(
  context: VaultContext,
  client: AccessoryClient,
  camera: VaultCamera,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await ensureArmed(context, client, camera)
    await wait(PULSE_MS, signal)
  }
}

async function ensureArmed(
  context: VaultContext,
  client: AccessoryClient,
  camera: VaultCamera,
  isMistrusted = false,
): Promise<SelectedCameraRecordingConfiguration> {
  const armed = isMistrusted ? undefined : await armedConfiguration(client)
  if (armed !== undefined) return armed
  const selected = await arm(client, context.arm)
  context.onEvent({ event: 'armed', ...camera, selected })
  return selected
}

async function record(
  context: VaultContext,
  client: AccessoryClient,
  camera: VaultCamera,
  motion: MotionState,
  signal: AbortSignal,
): Promise<void> {
  const { directory, active, maxClipMs, quietMs, ffmpeg, onEvent } = context
  let busyMs = FIRST_BUSY_MS
  let isMistrusted = false
  for (;;) {
    await motion.becomes(true, signal)
    onEvent({ event: 'motion', ...camera })
    const askedAt = performance.now()
    try {
      const recorded = await recordEvent({
        client,
        motion,
        configuration: await ensureArmed(context, client, camera, isMistrusted),
        directory,
        active,
        maxClipMs,
        quietMs,
        ffmpeg,
        signal,
        onRecording: path => onEvent({ event: 'recording', ...camera, path }),
      })
      isMistrusted = false
      const { path, clip, finish } = recorded
      context.later(finish)
      onEvent({ event: 'recorded', ...camera, path, clip })
      const isHasty = performance.now() - askedAt < FIRST_BUSY_MS
      if (clip.isComplete && clip.endedBy === 'hub' && !isHasty) {
        busyMs = FIRST_BUSY_MS
        continue
      }
      // One that the camera ended, or sent faster than time, is begun anew as long as it moves, and
      // ever later: the disk would be full soon.
      await wait(busyMs, signal)
      busyMs = Math.min(busyMs * 2, MAX_BUSY_MS)
    } catch (error) {
      if (signal.aborted || !isHubError(error) || client.signal.aborted) throw error
      onEvent({ event: 'failed', ...camera, message: error.message })
      // It says that it is armed, and that it is not: it is armed anew, once.
      const isDoubtful = error.status !== undefined && UNARMED.has(error.status)
      isMistrusted = isDoubtful && !isMistrusted
      if (!isMistrusted) await pause(error, busyMs, motion, signal)
      busyMs = Math.min(busyMs * 2, MAX_BUSY_MS)
    }
  }
}

/** What is refused may be asked for again when it moves anew; a busy camera may be free soon, a disk too. */
async function pause(
  { code, status }: HubError,
  busyMs: number,
  motion: MotionState,
  signal: AbortSignal,
): Promise<void> {
  const isBusy =
    code === 'HUB_BUSY' || (code === 'HUB_RECORDING_REFUSED' && status === dataSendReason.busy)
  if (code === 'HUB_RECORDING_REFUSED' && !isBusy) await motion.becomes(false, signal)
  else await wait(busyMs, signal)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
