import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

import { type RunningCamera, startCamera } from '@hksv/accessory'
import { chooseProvider } from '@hksv/crypto/node'
import { AccessoryClient, arm, ControllerStore, pair, recordClip } from '@hksv/hub'
import { openSource } from '@hksv/media'
import { Command } from 'commander'

import { createLog } from '../log.ts'
import { addCommonOptions, addOption } from '../options.ts'
import { Output, type OutputOptions } from '../output.ts'
import { reportClip } from './hub/common.ts'
import { progress } from './hub/record.ts'

const PREBUFFER_MS = 4000
const CLIP_MS = PREBUFFER_MS + 8000
/** Until a fragment is complete: its own length, and the key frame behind it. */
const FILL_MS = 6500
const MOTION_MS = 10_000

interface DemoFlags extends OutputOptions {
  readonly out: string
  readonly source: string
}

/** `hksv demo`: a camera and a hub on the loopback, one recording. */
export function demoCommand(): Command {
  const command = new Command('demo').description(
    'Run a camera and a hub on this machine, and record one clip',
  )
  addOption(command, '--out <dir>', 'where the clip goes', { standard: 'clips' })
  addOption(command, '--source <source>', 'an MP4 file, or the built-in sample', {
    standard: 'sample',
  })
  addCommonOptions(command)
  return command.action(async (flags: DemoFlags) => {
    const state = await mkdtemp(join(tmpdir(), 'hksv-demo-'))
    try {
      await runDemo(new Output(flags), flags, state)
    } finally {
      await rm(state, { recursive: true, force: true })
    }
  })
}

async function runDemo(output: Output, flags: DemoFlags, state: string): Promise<void> {
  const out = resolve(flags.out)
  await mkdir(out, { recursive: true })
  const name = `demo-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.mp4`
  const stop = new AbortController()
  const interrupted = () => stop.abort(new Error('Stopped.'))
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  try {
    await using source = await openSource(flags.source)
    await using camera = await startCamera({
      name: 'HKSV Demo',
      source,
      storage: join(state, 'camera'),
      host: '127.0.0.1',
      port: 0,
      mdns: false,
      log: createLog(output),
    })
    await using client = await connectHub(camera, join(state, 'hub'))
    output.note(`Paired with ${camera.info.name} (${camera.info.id}).`)
    await arm(client, { prebufferMs: PREBUFFER_MS })
    output.note('Armed; the prebuffer fills.')
    await delay(FILL_MS, undefined, { signal: stop.signal })
    const report = await recordClip({
      client,
      path: join(out, name),
      durationMs: CLIP_MS,
      signal: stop.signal,
      onProgress(step) {
        progress(output, step)
        if (step.step === 'waiting') camera.raiseMotion(MOTION_MS)
      },
    })
    reportClip(output, report)
  } finally {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
  }
}

async function connectHub(camera: RunningCamera, directory: string): Promise<AccessoryClient> {
  const { host, port, setupCode = '' } = camera.info
  const crypto = chooseProvider()
  const store = await ControllerStore.open(directory, crypto)
  const accessory = await pair({ store, crypto, host, port, setupCode })
  return AccessoryClient.connect({ store, accessory, crypto })
}
