import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type CameraOptions, type RunningCamera, startCamera } from '@hksv/accessory'
import { nodeProvider } from '@hksv/crypto/node'
import {
  AccessoryClient,
  arm,
  ControllerStore,
  characteristicOf,
  disarm,
  pair,
  recordClip,
  type StoredAccessory,
} from '@hksv/hub'
import { openSource } from '@hksv/media'
import { describe, expect, onTestFinished, test } from 'vitest'

import { fast } from './support/fast-clock.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-camera-hub-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function startOn(
  directory: string,
  options: Partial<CameraOptions> & { file?: string } = {},
): Promise<RunningCamera> {
  const source = await openSource(options.file ?? 'sample', { clock: fast })
  onTestFinished(() => source[Symbol.asyncDispose]())
  const storage = join(directory, 'camera')
  const where = { host: '127.0.0.1', mdns: false, log: silent }
  const camera = await startCamera({ name: 'Porch', ...where, storage, source, ...options })
  onTestFinished(() => camera.close())
  return camera
}

interface Home {
  readonly directory: string
  readonly store: ControllerStore
  readonly accessory: StoredAccessory
  readonly client: AccessoryClient
}

async function joinHome(camera: RunningCamera, host = '127.0.0.1'): Promise<Home> {
  const directory = temporaryDirectory()
  const store = await ControllerStore.open(join(directory, 'hub'), nodeProvider)
  const { port, setupCode = '' } = camera.info
  const accessory = await pair({ store, host, port, setupCode })
  const client = await connect(store, accessory)
  return { directory, store, accessory, client }
}

async function connect(store: ControllerStore, accessory: StoredAccessory) {
  const client = await AccessoryClient.connect({ store, accessory })
  onTestFinished(() => client.close())
  return client
}

/** Before the prebuffer has a fragment, a recording begins with a short one. */
async function filled(camera: RunningCamera): Promise<void> {
  await expect.poll(() => camera.state.prebufferBytes).toBeGreaterThan(0)
}

/** A second hub of the same home. */
async function secondHub({ client }: Home): Promise<AccessoryClient> {
  const store = await ControllerStore.open(join(temporaryDirectory(), 'hub'), nodeProvider)
  const { identifier, longTermKey } = store.identity
  await client.addPairing({ identifier, publicKey: longTermKey.publicKey, permissions: 1 })
  await store.save(client.accessory)
  return connect(store, client.accessory)
}

/** Records the next motion, which comes when the hub waits for it. */
function record(home: Home, trigger: () => void, durationMs = 12_000) {
  const path = join(home.directory, 'clip.mp4')
  const onProgress = ({ step }: { step: string }) => {
    if (step === 'waiting') trigger()
  }
  return recordClip({ client: home.client, path, durationMs, onProgress })
}

describe.each(['127.0.0.1', '::1'])('a camera on %s', host => {
  test('is paired, armed, and records what moves, with what was before', async () => {
    const camera = await startOn(temporaryDirectory(), { host })
    const home = await joinHome(camera, host)
    await arm(home.client)
    await filled(camera)
    const report = await record(home, () => camera.raiseMotion(1000))
    expect(report).toMatchObject({ isComplete: true, endedBy: 'hub', findings: [] })
    const [event] = camera.records
    expect(event).toMatchObject({
      readiness: 'armed',
      told: [home.store.identity.identifier],
      setUps: [{ helloAfterMs: expect.any(Number) }],
      recordings: [
        {
          controllerId: home.store.identity.identifier,
          fragments: report.fragments.length,
          bytes: report.bytes,
          hasAudio: true,
          ended: { by: 'hub', reason: 'normal' },
        },
      ],
    })
    expect(event?.recordings[0]?.prebufferMs).toBeGreaterThanOrEqual(4000)
  })
})

test.each([{ audio: false }, { width: 1280, height: 720 }, { prebufferMs: 8000 }])(
  'is armed with %j, and records so',
  async wishes => {
    const camera = await startOn(temporaryDirectory(), {
      recording: {
        prebufferMs: 8000,
        audio: [{ codec: 'aac-lc', sampleRates: [16_000, 32_000, 48_000] }],
      },
    })
    const home = await joinHome(camera)
    await arm(home.client, wishes)
    await filled(camera)
    const report = await record(home, () => camera.raiseMotion(1000))
    expect(report.findings).toEqual([])
    const [recording] = camera.records[0]?.recordings ?? []
    expect(recording?.hasAudio).toBe(wishes.audio ?? true)
  },
)

test('a press of the bell is heard each time, and recorded', async () => {
  const camera = await startOn(temporaryDirectory(), { isDoorbell: true })
  const home = await joinHome(camera)
  const bell = characteristicOf(home.client.database.service('doorbell'), 'programmableSwitchEvent')
  await home.client.subscribe(bell)
  const events = home.client.events()
  for (let i = 0; i < 3; i++) {
    expect(camera.ringDoorbell()).toBe(true)
    expect((await events.next()).value).toMatchObject({ value: 0 })
  }
  await events.return?.()
  expect(camera.state.isMotionDetected).toBe(false)
  await arm(home.client)
  await filled(camera)
  expect(await record(home, () => camera.ringDoorbell())).toMatchObject({ isComplete: true })
  expect(camera.records.at(-1)?.trigger.kind).toBe('doorbell')
})

test('a second hub is refused while the first records, and told as well', async () => {
  const camera = await startOn(temporaryDirectory())
  const home = await joinHome(camera)
  await arm(home.client)
  const second = await secondHub(home)
  const path = join(home.directory, 'second.mp4')
  const first = record(home, () => camera.raiseMotion(20_000), 60_000)
  await expect.poll(() => camera.state.isRecording).toBe(true)
  const refused = recordClip({ client: second, path, durationMs: 4000, isNow: true })
  await expect(refused).rejects.toMatchObject({ code: 'HUB_RECORDING_REFUSED' })
  expect(await first).toMatchObject({ isComplete: true })
  const clip = await recordClip({ client: second, path, durationMs: 4000, isNow: true })
  expect(clip.isComplete).toBe(true)
})

test('what is switched off while a hub records ends with the clip up to there', async () => {
  const camera = await startOn(temporaryDirectory())
  const home = await joinHome(camera)
  await arm(home.client)
  await filled(camera)
  const recording = record(home, () => camera.raiseMotion(20_000), 600_000)
  await expect.poll(() => camera.records[0]?.recordings[0]?.fragments).toBeGreaterThan(2)
  await disarm(home.client)
  expect(await recording).toMatchObject({
    isComplete: false,
    endedBy: 'camera',
    reason: 'notAllowed',
    findings: [],
  })
  expect(camera.records[0]?.recordings[0]?.ended).toMatchObject({ reason: 'notAllowed' })
})

test('nobody has to do anything after a restart: armed again, and motion is told', async () => {
  const directory = temporaryDirectory()
  const camera = await startOn(directory)
  const home = await joinHome(camera)
  await arm(home.client)
  const { id, port } = camera.info
  const { iid } = characteristicOf(home.client.database.service('motionSensor'), 'motionDetected')
  await camera.close()
  const again = await startOn(directory)
  expect(again.info).toMatchObject({ id, port })
  expect(again.state.isArmed).toBe(true)
  const client = await connect(home.store, home.accessory)
  const motion = characteristicOf(client.database.service('motionSensor'), 'motionDetected')
  expect(motion.iid).toBe(iid)
  await filled(again)
  const report = await record({ ...home, client }, () => again.raiseMotion(1000))
  expect(report).toMatchObject({ isComplete: true, findings: [] })
})

test.runIf(hasFfmpeg)('what moves in the picture is seen, and recorded', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'scene.mp4')
  const scene = "[0][1]overlay=x='mod(t*90,600)':y=150:enable='gt(t,20)',noise=alls=6:allf=t"
  const inputs = ['color=gray:s=640x360:r=15', 'testsrc2=s=90x60:r=15']
  const lavfi = inputs.flatMap(input => ['-f', 'lavfi', '-i', input])
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '30', '-crf', '28']
  const output = ['-filter_complex', scene, '-t', '26', ...x264, '-y', file]
  execFileSync('ffmpeg', ['-v', 'error', ...lavfi, ...output])
  const camera = await startOn(directory, { file, videoMotion: { sensitivity: 50 } })
  const home = await joinHome(camera)
  await arm(home.client)
  const report = await record(home, () => undefined)
  expect(report.isComplete).toBe(true)
  expect(camera.records.at(-1)?.trigger).toEqual({ kind: 'motion', source: 'video' })
})

test.runIf(hasFfmpeg)('H.265 is recorded as it is, when that is allowed', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'h265.mp4')
  const inputs = ['testsrc2=size=640x360:rate=15', 'sine=sample_rate=32000']
  const gop = 'keyint=30:min-keyint=30:open-gop=0:scenecut=0:log-level=0'
  const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', gop]
  const output = [...x265, '-c:a', 'aac', '-t', '12', '-y', file]
  const lavfi = inputs.flatMap(input => ['-f', 'lavfi', '-i', input])
  execFileSync('ffmpeg', ['-v', 'error', ...lavfi, ...output])
  await expect(startOn(temporaryDirectory(), { file })).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining('--hevc'),
  })

  const camera = await startOn(directory, { file, recording: { isHevcAllowed: true } })
  const home = await joinHome(camera)
  await arm(home.client)
  await filled(camera)
  const report = await record(home, () => camera.raiseMotion(1000))
  expect(report).toMatchObject({ isComplete: true, findings: [] })
  expect(camera.records[0]?.recordings[0]?.video).toMatchObject({ codec: 'h265', width: 640 })
  const entries = ['-show_entries', 'stream=codec_name,codec_tag_string', '-of', 'csv=p=0']
  const streams = execFileSync('ffprobe', ['-v', 'error', ...entries, report.path]).toString()
  expect(streams).toContain('hevc,hvc1')
  const decoded = spawnSync('ffmpeg', [
    '-v',
    'error',
    '-xerror',
    '-i',
    report.path,
    '-f',
    'null',
    '-',
  ])
  expect(decoded.stderr.toString()).toBe('')
  expect(decoded.status).toBe(0)
})
