import process from 'node:process'
import { createInterface, emitKeypressEvents } from 'node:readline'

import type { RunningCamera } from '@hksv/accessory'
import { Command } from 'commander'

import { readConfigFile } from '../config-file.ts'
import { exitAfter, UsageError } from '../failure.ts'
import { fitHeap } from '../fit-heap.ts'
import { metricsWhenAsked } from '../metrics-when-asked.ts'
import { applyConfig } from '../options.ts'
import { Output } from '../output.ts'
import { SHUTDOWN_MS, signalled } from '../stopping.ts'
import { Supervisor } from '../supervisor.ts'
import { addCameraFlags, type CameraFlags } from './camera-flags.ts'
import { planCameras } from './camera-plans.ts'
import { introduce } from './camera-report.ts'
import { runCameras } from './run-cameras.ts'
import { prepareCamera, startOne } from './start-one.ts'

const KEY_MOTION_MS = 10_000

/** `hksv camera`: runs until it is told to stop. */
export function cameraCommand(): Command {
  const command = addCameraFlags(
    new Command('camera').description(
      'Run a Secure Video camera that any Apple home can pair with',
    ),
  )
  return command.action(async (_flags: unknown, self: Command) => {
    const { config, only } = self.opts<CameraFlags>()
    const file = config === undefined ? undefined : readConfigFile(config)
    if (config !== undefined && file?.cameras !== undefined) {
      const plans = planCameras(self, config, file)
      await runCameras(plans, self.opts<CameraFlags>())
      return
    }
    if (only !== undefined)
      throw new UsageError('--only is for a --config with "cameras"; there is one camera here.')
    if (config !== undefined) applyConfig(self, file?.values ?? {}, config)
    await runCamera(self.opts<CameraFlags>())
  })
}

async function runCamera(flags: CameraFlags): Promise<void> {
  fitHeap()
  const output = new Output(flags)
  // From the first moment on: whoever starts it may stop it before it listens.
  const stopped = signalled()
  const stop = new AbortController()
  void stopped.then(() => stop.abort())
  let running: RunningCamera | undefined
  const metrics = metricsWhenAsked({
    totals: () => running?.totals,
    state: () => running?.state,
  })
  using supervisor = new Supervisor({
    states: () => (running === undefined ? [] : [running.state]),
    warn: text => output.warn(text),
  })
  const starting = startOne(prepareCamera(flags, output, metrics), stop.signal).then(one => {
    running = one?.camera
    return one
  })
  supervisor.readyAfter(starting)
  await using started = await starting
  if (started === undefined) {
    output.note('Stopping.')
    return
  }
  const { camera, source } = started
  await introduce(output, camera.info, source)
  await untilStopped(camera, output, stopped)
  supervisor.stopping()
  exitAfter(SHUTDOWN_MS)
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
