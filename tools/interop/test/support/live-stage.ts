import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  type CameraEvent,
  type CameraOptions,
  type RunningCamera,
  startCamera,
} from '@hksv/accessory'
import { nodeProvider } from '@hksv/crypto/node'
import { AccessoryClient, ControllerStore, type LiveView, pair } from '@hksv/hub'
import { type Clock, openSource } from '@hksv/media'
import { onTestFinished } from 'vitest'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const unhurried: Clock = { now: () => 0, sleepUntil: async () => undefined }

/** Of a picture. */
export const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** Hashes of the pictures of the built-in sample, as often as it is asked for. */
export async function sampleHashes(): Promise<string[]> {
  await using source = await openSource('sample', { clock: unhurried })
  const stop = new AbortController()
  const hashes: string[] = []
  for await (const sample of source.samples(stop.signal)) {
    if (sample.track === 'video') hashes.push(hash(sample.data))
    // It loops: one round has all of its pictures.
    if (hashes.length > 1 && hashes.at(-1) === hashes[0]) break
  }
  stop.abort()
  return hashes.slice(0, -1)
}

/** Our camera, and a hub that is paired with it. */
export interface Stage {
  readonly camera: RunningCamera
  readonly events: CameraEvent[]
  readonly directory: string
  readonly client: AccessoryClient
  /** Another connection of the same hub. */
  readonly connect: () => Promise<AccessoryClient>
}

/** Starts a camera with the built-in sample on the loopback, and pairs a hub with it. */
export async function stage(options: Partial<CameraOptions> = {}): Promise<Stage> {
  const { host = '127.0.0.1' } = options
  const directory = mkdtempSync(join(tmpdir(), 'hksv-live-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const source = await openSource('sample')
  onTestFinished(() => source[Symbol.asyncDispose]())
  const events: CameraEvent[] = []
  const camera = await startCamera({
    ...{ name: 'Porch', host, mdns: false, log: silent, source },
    storage: join(directory, 'camera'),
    onEvent: event => events.push(event),
    ...options,
  })
  onTestFinished(() => camera.close())
  const store = await ControllerStore.open(join(directory, 'hub'), nodeProvider)
  const { port, setupCode = '' } = camera.info
  const accessory = await pair({ store, host, port, setupCode })
  const connect = async () => {
    const client = await AccessoryClient.connect({ store, accessory })
    onTestFinished(() => client.close())
    return client
  }
  return { camera, events, directory, client: await connect(), connect }
}

/** Takes so many pictures. @returns Their hashes. */
export async function pictures(view: LiveView, count: number): Promise<string[]> {
  const hashes: string[] = []
  for await (const { track, data } of view) {
    if (track === 'video') hashes.push(hash(data))
    if (hashes.length === count) break
  }
  return hashes
}

/** Those of the sample from where `first` is, over its end. */
export function following(
  all: readonly string[],
  first: string | undefined,
  count: number,
): string[] {
  const from = all.indexOf(first ?? '')
  return Array.from({ length: count }, (_, i) => all[(from + i) % all.length] ?? '')
}

/** Rules that the camera broke. */
export const must = (view: LiveView): readonly { rule: string }[] =>
  view.report().video.findings.filter(({ level }) => level === 'must')
