import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type RunningCamera, startCamera } from '@hksv/accessory'
import { nodeProvider as crypto } from '@hksv/crypto/node'
import { AccessoryClient, ControllerStore, keepVault, pair, type VaultEvent } from '@hksv/hub'
import { openSource } from '@hksv/media'
import { expect, onTestFinished, test } from 'vitest'

import { Peer } from './peer.ts'
import { samplePackets } from './support/sample-packets.ts'

const SETUP_CODE = '031-45-154'
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

const silent = { debug() {}, info() {}, warn() {}, error() {} }

async function ourCamera(directory: string, name: string): Promise<RunningCamera> {
  const source = await openSource('sample')
  onTestFinished(() => source[Symbol.asyncDispose]())
  const where = { host: '127.0.0.1', mdns: false, log: silent, setupCode: SETUP_CODE }
  const camera = await startCamera({ name, source, storage: join(directory, name), ...where })
  onTestFinished(() => camera.close())
  return camera
}

function expectPlayable(path: string): void {
  if (!hasFfmpeg) return
  const output = ['-fps_mode', 'passthrough', '-f', 'null', '-']
  const args = ['-v', 'error', '-xerror', '-i', path, ...output]
  expect(spawnSync('ffmpeg', args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
}

test('one vault records two cameras of ours and one of hap-nodejs, each on its own', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-vault-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const ours = [await ourCamera(directory, 'Porch'), await ourCamera(directory, 'Garden')]
  const peer = new Peer('hap-nodejs-camera.mjs', [join(directory, 'peer'), SETUP_CODE])
  onTestFinished(() => peer.stop())
  const { port } = await peer.event('listening')
  await peer.tell({ packets: (await samplePackets(2)).map(each => each.toString('base64')) })
  const store = await ControllerStore.open(join(directory, 'hub'), crypto)
  const ports = [...ours.map(({ info }) => info.port), Number(port)]
  const ids: string[] = []
  for (const each of ports) {
    const where = { host: '127.0.0.1', port: each }
    const { deviceId } = await pair({ store, crypto, ...where, setupCode: SETUP_CODE })
    ids.push(deviceId)
  }
  const stop = new AbortController()
  const events: VaultEvent[] = []
  let wake = () => undefined
  const clips = join(directory, 'clips')
  const kept = keepVault({
    store,
    directory: clips,
    signal: stop.signal,
    maxClipMs: 8000,
    quietMs: 0,
    onEvent(event) {
      events.push(event)
      wake()
    },
  })
  const happened = async (name: VaultEvent['event']) => {
    const about = (id: string) =>
      events.some(each => each.event === name && 'deviceId' in each && each.deviceId === id)
    while (!ids.every(about)) {
      await new Promise<void>(resolve => {
        wake = () => {
          resolve()
          return undefined
        }
      })
    }
  }
  await happened('armed')
  for (const camera of ours) camera.raiseMotion(60_000)
  await peer.tell({ motion: true })
  await happened('recorded')
  await peer.tell({ motion: false })
  stop.abort(new Error('The test is over.'))
  await kept
  const recorded = events.filter(event => event.event === 'recorded')
  for (const { path, clip } of recorded) {
    expectPlayable(path)
    const sidecar = JSON.parse(readFileSync(path.replace('.mp4', '.json'), 'utf8'))
    expect(sidecar).toMatchObject({ bytes: statSync(path).size, fragments: clip.fragments })
    expect(readFileSync(path.replace('.mp4', '.jpg')).subarray(0, 2).toString('hex')).toBe('ffd8')
  }
  // A vault leaves cameras as a hub does: armed, for whoever comes next.
  const [porch] = await store.accessories()
  if (porch === undefined) throw new Error('nothing is paired')
  await using client = await AccessoryClient.connect({ store, accessory: porch })
  expect(client.database.all('cameraEventRecordingManagement')).toHaveLength(1)
}, 60_000)
