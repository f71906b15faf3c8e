import process from 'node:process'

import { type RunningCamera, type RunningControl, startControl } from '@hksv/accessory'

import { exitAfter, IncompleteError, reportFailure, UsageError } from '../failure.ts'
import { fitHeap } from '../fit-heap.ts'
import type { MetricsSource } from '../metrics.ts'
import { metricsWhenAsked } from '../metrics-when-asked.ts'
import { Output } from '../output.ts'
import { SHUTDOWN_MS, signalled } from '../stopping.ts'
import { Supervisor } from '../supervisor.ts'
import type { CameraFlags } from './camera-flags.ts'
import type { CameraPlan } from './camera-plans.ts'
import { introduce } from './camera-report.ts'
import { type PreparedCamera, prepareCamera, type StartedCamera, startOne } from './start-one.ts'

/** By id; without a camera where it does not run. */
type Cameras = Map<string, RunningCamera | undefined>

/**
 * Runs several cameras in this process until it is told to stop. One that cannot start is left out.
 *
 * @param flags - What is of the process: output and control API.
 * @throws UsageError before anything is started; IncompleteError when no camera could be started.
 */
export async function runCameras(plans: readonly CameraPlan[], flags: CameraFlags): Promise<void> {
  fitHeap()
  const output = new Output(flags)
  const stopped = signalled()
  const stop = new AbortController()
  void stopped.then(() => stop.abort())
  const prepared = plans.map(plan => [plan.id, prepare(plan, flags)] as const)
  const cameras: Cameras = new Map(plans.map(({ id }) => [id, undefined]))
  await using control = await controlOf(flags, cameras)
  using supervisor = new Supervisor({
    states: () => [...cameras.values()].flatMap(camera => camera?.state ?? []),
    warn: text => output.warn(text),
  })
  if (control !== undefined) output.note(`Control API: ${control.url}`)
  const starting = prepared.map(async ([id, one]) => {
    const started = await startOrLeaveOut(one, stop.signal)
    if (started === undefined) return undefined
    cameras.set(id, started.camera)
    const controlUrl = control && `${control.url}/cameras/${encodeURIComponent(id)}`
    await introduce(one.output, { ...started.camera.info, controlUrl }, started.source)
    return started
  })
  const all = Promise.all(starting)
  supervisor.readyAfter(all)
  const noneLeft = all.then(started => (started.some(Boolean) ? stopped : undefined))
  await Promise.race([stopped, noneLeft])
  if (!stop.signal.aborted) throw new IncompleteError('No camera could be started.')
  output.note('Stopping.')
  supervisor.stopping()
  exitAfter(SHUTDOWN_MS)
  await Promise.all((await all).map(started => started?.[Symbol.asyncDispose]()))
}

/** @throws UsageError naming the camera. */
function prepare({ id, flags }: CameraPlan, shared: CameraFlags): PreparedCamera {
  const { control: _, ...own } = flags
  try {
    return prepareCamera(own, new Output(shared, id), () => Promise.resolve(''))
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause
    throw new UsageError(`Camera "${flags.name}": ${cause.message}`, { cause })
  }
}

/** One that cannot start says so, and the others go on. */
async function startOrLeaveOut(
  camera: PreparedCamera,
  stop: AbortSignal,
): Promise<StartedCamera | undefined> {
  try {
    return await startOne(camera, stop)
  } catch (error) {
    reportFailure(error, camera.output)
    camera.output.warn('This camera is left out until the next start.')
    return undefined
  }
}

async function controlOf(
  { control }: CameraFlags,
  cameras: Cameras,
): Promise<RunningControl | undefined> {
  if (control === undefined) return undefined
  const { HKSV_CONTROL_TOKEN: token } = process.env
  const sources = [...cameras.keys()].map((id): [string, MetricsSource] => [
    id,
    { totals: () => cameras.get(id)?.totals, state: () => cameras.get(id)?.state },
  ])
  const metrics = metricsWhenAsked(new Map(sources))
  return await startControl({
    ...control,
    cameras,
    metrics,
    ...(token === undefined ? {} : { token }),
  })
}
