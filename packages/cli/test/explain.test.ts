import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { CameraProcess, hksv } from './run.ts'

let directory = ''
let storage = ''
let cameras: CameraProcess[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-explain-'))
  storage = join(directory, 'camera')
  cameras = []
})

afterEach(async () => {
  for (const camera of cameras) await camera.stop('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function startCamera(): CameraProcess {
  const camera = new CameraProcess(['--storage', storage])
  cameras.push(camera)
  return camera
}

async function post(camera: CameraProcess, path: string, body = '{}'): Promise<string> {
  const { controlUrl } = await camera.event('listening')
  const answer = await fetch(`${controlUrl}${path}`, { method: 'POST', body })
  expect(answer.status).toBe(200)
  return String(controlUrl)
}

const explain = (...args: string[]) => hksv(['explain', '--storage', storage, ...args])

test('a clip, from the motion to the hub that ended it, also for Prometheus', async () => {
  const camera = startCamera()
  const { port, setupCode, controlUrl } = await camera.event('listening')
  const store = ['--store', join(directory, 'hub')]
  const where = ['--host', '127.0.0.1', '--port', String(port), '--code', String(setupCode)]
  expect((await hksv(['hub', 'pair', ...where, ...store])).code).toBe(0)
  expect((await hksv(['hub', 'arm', ...store])).code).toBe(0)
  const state = async () => (await fetch(`${controlUrl}/state`)).text()
  await expect.poll(state, { timeout: 20_000 }).toMatch(/"prebufferBytes":[1-9]/)
  const out = ['--duration', '6', '--out', join(directory, 'clip.mp4')]
  let raised: Promise<unknown> | undefined
  const recorded = await hksv(['hub', 'record', ...store, ...out, '--json'], {
    onRecord: ({ event }) => {
      if (event === 'waiting') raised = post(camera, '/motion', '{"durationMs":2000}')
    },
  })
  await raised
  expect(recorded.code).toBe(0)
  await expect
    .poll(async () => (await explain('--json')).records[0]?.['outcome'], { timeout: 20_000 })
    .toBe('recorded')
  const { stdout } = await explain()
  expect(stdout).toMatch(
    /^A clip of [\d.]+ s went to hub .* \([\d.]+ MB in \d+ fragments?\); the hub ended it: normal/,
  )
  expect(stdout).toMatch(/connected\n.*opened a recording: h264 1280x720, with sound/)
  expect(stdout).toMatch(/the hub ended it: normal, after \d+ fragments? and [\d.]+ MB\n$/)
  const [record] = (await explain('--json')).records
  expect(record).toMatchObject({
    event: 'explained',
    id: 1,
    readiness: 'armed',
    explanation: [stdout.split('\n')[0], ...stdout.split('\n').slice(2, -1)],
  })

  const metrics = await (await fetch(`${controlUrl}/metrics`)).text()
  expect(metrics).toContain('hksv_events_total{outcome="recorded"} 1\n')
  expect(metrics).toContain('hksv_recordings_total{by="hub",reason="normal"} 1\n')
  expect(metrics).toMatch(/^hksv_open_delay_seconds_bucket\{le="\+Inf"\} 1$/m)
  expect(metrics).toMatch(/^hksv_first_fragment_delay_seconds_count 1$/m)
  expect(metrics).toMatch(/^hksv_recording_sent_bytes_total [1-9]\d{5,}$/m)
  expect(metrics).toMatch(/^hksv_armed 1$/m)
  expect(metrics).toMatch(/^hksv_process_resident_memory_bytes [1-9]\d+$/m)
  for (const line of metrics.split('\n').filter(Boolean)) {
    expect(line).toMatch(/^(# (HELP|TYPE) hksv_\w+ .+|hksv_\w+(\{[^}]*\})? [\d.e+]+)$/)
  }
})

test('no clip, and the way out; then a camera that was killed', async () => {
  const camera = startCamera()
  await post(camera, '/motion')
  await expect.poll(async () => (await explain()).stdout).toMatch(/^It is not over yet/)
  await camera.stop('SIGKILL')
  // Nobody is left to end it.
  expect((await explain()).stdout).toMatch(/^The camera was stopped before it was over, and .*home/)
  const again = startCamera()
  await again.event('listening')
  await expect.poll(async () => (await explain()).stdout).toMatch(/^The camera was stopped/)
  await post(again, '/motion', '{"durationMs":1}')
  await expect
    .poll(async () => (await explain()).stdout, { timeout: 20_000 })
    .toMatch(/^No clip: no home has paired/)
  const both = await explain('--last', '5')
  expect(both.stdout).toMatch(/Event 1 of HKSV Camera[\s\S]*\n\nNo clip[\s\S]*Event 2 of/)
  expect((await explain('--id', '1')).stdout).toContain('Event 1 of')
})

test('nothing yet, nothing there, and what is not asked well', async () => {
  const none = await explain()
  expect(none).toMatchObject({ code: 1, stdout: '' })
  expect(none.stderr).toMatch(/no directory .*--storage/)
  mkdirSync(storage)
  expect(await explain()).toMatchObject({ code: 0, stdout: '' })
  appendFileSync(join(storage, 'events.jsonl'), 'no record\n\u0000\n{"id":1}\n')
  const damaged = await explain()
  expect(damaged).toMatchObject({ code: 0, stdout: '' })
  expect(damaged.stderr).toContain('Nothing has happened')
  const missing = await explain('--id', '4')
  expect(missing).toMatchObject({ code: 1, stdout: '' })
  expect(missing.stderr).toMatch(/no event 4 in .*there are none/)
  expect((await explain('--last', '0')).code).toBe(2)
})
