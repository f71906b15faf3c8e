import process from 'node:process'
import { createInterface, emitKeypressEvents } from 'node:readline'

import {
  type CameraEvent,
  type CameraInfo,
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
import { Command } from 'commander'

import { exitAfter, UsageError } from '../failure.ts'
import { fitHeap } from '../fit-heap.ts'
import { createLog } from '../log.ts'
import type { MetricsSource } from '../metrics.ts'
import { applyConfigFile } from '../options.ts'
import { Output } from '../output.ts'
import { addCameraFlags, type CameraFlags, cameraOptions } from './camera-flags.ts'

const KEY_MOTION_MS = 10_000
const SHUTDOWN_MS = 4500

/** `hksv camera`: runs until it is told to stop. */
export function cameraCommand(): Command {
  const command = addCameraFlags(
    new Command('camera').description(
      'Run a Secure Video camera that any Apple home can pair with',
    ),
  )
  return command.action(async (_flags: unknown, self: Command) => {
    const { config } = self.opts<CameraFlags>()
    if (config !== undefined) applyConfigFile(self, config)
    await runCamera(self.opts<CameraFlags>())
  })
}

async function runCamera(flags: CameraFlags): Promise<void> {
  fitHeap()
  const output = new Output(flags)
  // From the first moment on: whoever starts it may stop it before it listens.
  const stopped = signalled()
  const log = createLog(output)
  const memory = sourceMemory(flags.storage, log)
  const opened = await openUnlessStopped(
    flags,
    { memory, note: told => output.warn(told) },
    picturesOf(flags, output),
    stopped,
  )
  if (opened === undefined) {
    output.note('Stopping.')
    return
  }
  await using source = opened
  for (const warning of source.warnings) output.warn(warning)
  let running: RunningCamera | undefined
  const metrics = metricsWhenAsked({
    totals: () => running?.totals,
    state: () => running?.state,
  })
  await using camera = await startCamera({
    ...cameraOptions(flags, metrics),
    source,
    log,
    onEvent: event => report(output, event, running?.info),
    onRecord: record => output.detail(explain(record).join('\n')),
  })
  running = camera
  await memory.begin()
  await introduce(output, camera, source.description.name)
  await untilStopped(camera, output, stopped)
  exitAfter(SHUTDOWN_MS)
}

/** A camera that is away is waited for. @returns Nothing when it was stopped before it came. */
async function openUnlessStopped(
  flags: CameraFlags,
  options: OpenSourceOptions,
  pictures: (source: MediaSource) => MediaSource,
  stopped: Promise<void>,
): Promise<MediaSource | undefined> {
  const stop = new AbortController()
  void stopped.then(() => stop.abort())
  try {
    const source = await openSources(flags.source, {
      ...options,
      ffmpeg: flags.ffmpeg,
      transcode: flags.transcode,
      encoder: flags.encoder,
      isHevcAllowed: flags.hevc,
      keepTrying: stop.signal,
    })
    return pictures(source)
  } catch (error) {
    if (stop.signal.aborted) return undefined
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

/** A camera that nobody monitors need not keep in memory what renders its metrics. */
function metricsWhenAsked(source: MetricsSource): () => Promise<string> {
  let render: Promise<() => Promise<string>> | undefined
  return async () => {
    render ??= import('../metrics.ts').then(({ createMetrics }) => createMetrics(source))
    return (await render)()
  }
}

/** The first line of `--json`, and what a person needs to begin. */
async function introduce(output: Output, { info }: RunningCamera, source: string): Promise<void> {
  output.record({ event: 'listening', ...info })
  const { name, id, port, controlUrl, storage } = info
  output.note(`${output.style('bold', name)} (${id}) listens on port ${port}.`)
  output.note(`Source: ${source}`)
  output.note(`State:  ${storage}`)
  if (controlUrl !== undefined) output.note(`Control API: ${controlUrl}`)
  await showCode(output, info)
}

/** How to pair it, as long as nobody has. */
async function showCode(output: Output, { setupCode, setupUri }: CameraInfo): Promise<void> {
  if (setupCode === undefined || setupUri === undefined) {
    output.note('Paired already; remove it in Home to pair it anew.')
    return
  }
  const { toString: qrCode } = await import('qrcode')
  const type = process.stderr.isTTY ? 'terminal' : 'utf8'
  output.note(`\n${await qrCode(setupUri, { type, small: true, margin: 2 })}`)
  output.note(`Setup code: ${output.style('bold', setupCode)}   (${setupUri})`)
  output.note('In Home: add an accessory, then scan the code above, or choose it by its name.')
}

function report(output: Output, event: CameraEvent, info: CameraInfo | undefined): void {
  const isFree = event.event === 'unpaired' && info !== undefined
  const { setupCode, setupUri } = info ?? {}
  output.record(isFree ? { ...event, setupCode, setupUri } : event)
  const text = describe(event)
  if (text !== undefined) output.note(text)
  if (isFree) void showCode(output, info)
}

function describe(event: CameraEvent): string | undefined {
  switch (event.event) {
    case 'paired':
      return 'Paired.'
    case 'unpaired':
      return 'Not paired any more.'
    case 'armed':
      return 'Armed: motion will be recorded.'
    case 'disarmed':
      return 'Disarmed: nothing will be recorded.'
    case 'motion':
      return event.isDetected ? 'Motion.' : 'Motion is over.'
    case 'occupancy':
      return event.isDetected ? 'Somebody is there.' : 'Nobody is there any more.'
    case 'doorbell':
      return 'Somebody rings.'
    case 'manually-disabled':
      return event.isDisabled ? 'Switched off at the camera.' : 'Switched on at the camera.'
    case 'indicator':
      return `The status light is to be ${event.isOn ? 'on' : 'off'}.`
    case 'night-vision':
      return `Night vision is to be ${event.isOn ? 'automatic' : 'off'}.`
    case 'recording-opened':
      return 'A hub records.'
    case 'recording-closed': {
      const megabytes = (event.bytes / 1e6).toFixed(1)
      return `The recording is over (${event.reason}): ${event.fragments} fragments, ${megabytes} MB.`
    }
    case 'stream-started':
      return 'Somebody looks.'
    case 'stream-stopped':
      return `The live view is over (${event.reason}): ${liveViewText(event)}.`
    case 'identify':
      // The log has said so.
      return undefined
    case 'error':
      return event.isRepeated ? undefined : event.message
  }
}

function liveViewText(view: Extract<CameraEvent, { event: 'stream-stopped' }>): string {
  const { durationMs = 0, packets, bytes, viewer } = view
  const sent = `${Math.round(durationMs / 1000)} s, ${packets} packets, ${(bytes / 1e6).toFixed(1)} MB`
  if (viewer === undefined) return `${sent}, and the viewer said nothing of what came`
  return `${sent}, ${Math.max(0, viewer.lostPackets)} lost on the way`
}

/** Resolves at SIGINT or SIGTERM. */
function signalled(): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}

/** Resolves when `stopped` does, or at `q`. */
async function untilStopped(
  camera: RunningCamera,
  output: Output,
  stopped: Promise<void>,
): Promise<void> {
  const { stdin } = process
  if (stdin.isTTY) {
    await Promise.race([stopped, new Promise<void>(quit => listenForKeys(camera, output, quit))])
    stdin.setRawMode(false)
    stdin.pause()
  } else await stopped
  output.note('Stopping.')
}

function listenForKeys(camera: RunningCamera, output: Output, stop: () => void): void {
  output.note(`\nKeys: ${output.style('bold', 'm')} motion, d doorbell, q quit`)
  const lines = createInterface({ input: process.stdin, escapeCodeTimeout: 50 })
  emitKeypressEvents(process.stdin, lines)
  process.stdin.setRawMode(true)
  process.stdin.on('keypress', (_text: unknown, key: { name?: string; ctrl?: boolean }) => {
    if (key.name === 'q' || (key.ctrl && key.name === 'c')) stop()
    else if (key.name === 'm' && !camera.raiseMotion(KEY_MOTION_MS, 'key')) {
      output.note('The camera is switched off in Home.')
    } else if (key.name === 'd' && !camera.ringDoorbell('key')) {
      output.note('Not a doorbell: start it with --doorbell.')
    }
  })
}
