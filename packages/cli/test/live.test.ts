import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { CameraProcess, hksv } from './run.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

let directory = ''
const cameras: CameraProcess[] = []
let camera: CameraProcess
let store = ''

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-live-'))
  ;({ camera, store } = await home('127.0.0.1'))
}, 60_000)

afterAll(async () => {
  for (const each of cameras) await each.stop('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

/** A camera of its own, and a hub that is paired with it. */
async function home(host: string) {
  const place = join(directory, `home${cameras.length}`)
  const made = new CameraProcess([
    ...['--storage', join(place, 'camera'), '--name', 'Front Door', '--bind', host],
  ])
  cameras.push(made)
  const { port, setupCode } = await made.event('listening')
  const where = ['--host', host, '--port', String(port), '--code', String(setupCode)]
  const hub = join(place, 'hub')
  expect(await hksv(['hub', 'pair', ...where, '--store', hub])).toMatchObject({ code: 0 })
  return { camera: made, store: hub }
}

type Hooks = Parameters<typeof hksv>[1]

const live = (args: readonly string[], hooks?: Hooks, where = store) =>
  hksv(['hub', 'live', '--store', where, '--json', ...args], hooks)

/** What ffmpeg says of a file; nothing for one that is as it should be. */
function decode(path: string): string {
  if (!hasFfmpeg) return ''
  const args = ['-v', 'warning', '-xerror', '-i', path, '-f', 'null', '-']
  return spawnSync('ffmpeg', args, { encoding: 'utf8' }).stderr
}

describe('hksv hub live', () => {
  test('looks for a while, judges the stream, and writes it', async () => {
    const out = join(directory, 'a.mp4')
    const { code, records, stderr } = await live(['--duration', '5', '--out', out])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(records[0]).toMatchObject({
      event: 'started',
      choice: { video: { width: 1920, frameRate: 30 }, audio: { codec: 'opus' } },
    })
    const steps = records.filter(({ event }) => event === 'progress')
    expect(steps.length).toBeGreaterThan(2)
    const ended = records.at(-1)
    expect(ended).toMatchObject({
      ...{ event: 'ended', isGood: true, path: out, end: { by: 'hub', reason: 'closed' } },
      video: { lost: 0, dropped: 0 },
    })
    expect(statSync(out).size).toBe(ended?.['bytes'])
    expect(decode(out)).toBe('')
  }, 30_000)

  test('takes the camera by its name, and tells people what came', async () => {
    const args = ['hub', 'live', 'front door', '--store', store, '--duration', '1', '--no-audio']
    const { code, stdout } = await hksv(args)
    expect(code).toBe(0)
    expect(stdout).toMatch(/1\.\d s, 1920x1080 at 30 frames\/s, SRTP AES_CM_128_HMAC_SHA1_80/)
    expect(stdout).toMatch(/^video +\d+ /m)
    const unknown = await live(['back door'])
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toMatch(/No camera called back door is paired, but Front Door \(/)
  }, 20_000)

  test('is ended by Ctrl-C in order, and keeps the file', async () => {
    const out = join(directory, 'stopped.mp4')
    const from = camera.events.length
    const { code, records } = await live(['--out', out, '--resolution', '640x360', '--fps', '25'], {
      onRecord: ({ event }, child) => void (event === 'progress' && child.kill('SIGINT')),
    })
    expect(code).toBe(0)
    expect(records.at(-1)).toMatchObject({ event: 'ended', end: { by: 'hub' } })
    expect(records[0]).toMatchObject({ choice: { video: { width: 640, height: 360 } } })
    expect(await camera.event('stream-stopped', from)).toMatchObject({ reason: 'controller' })
    expect(decode(out)).toBe('')
  }, 20_000)

  test('leaves a file that plays when it is killed', async () => {
    const out = join(directory, 'killed.mp4')
    const ended = await live(['--out', out], {
      onRecord: ({ event }, child) => {
        if (event === 'progress' && statSync(out).size > 0) child.kill('SIGKILL')
      },
    })
    expect(ended.code).toBeNull()
    expect(decode(out)).toBe('')
  }, 40_000)

  test('says that the camera was killed, and keeps the file', async () => {
    const other = await home('127.0.0.1')
    const out = join(directory, 'left.mp4')
    const kill = () => other.camera.child.kill('SIGKILL')
    const hooks: Hooks = { onRecord: ({ event }) => void (event === 'progress' && kill()) }
    const { code, stderr, records } = await live(['--out', out], hooks, other.store)
    expect(code).toBe(1)
    expect(stderr).toContain('The live view broke off')
    expect(records.find(({ event }) => event === 'ended')).toMatchObject({
      end: { by: 'connection' },
    })
    expect(decode(out)).toBe('')
    const gone = await live([], {}, other.store)
    expect(gone.code).toBe(1)
    expect(gone.stderr).toContain('Check that the camera runs')
  }, 40_000)

  test('looks over IPv6', async () => {
    const other = await home('::1')
    const seen = await live(['--ipv6', '--duration', '1'], {}, other.store)
    expect(seen).toMatchObject({ code: 0 })
    expect(seen.records.at(-1)).toMatchObject({ event: 'ended', isGood: true })
    const wrong = await live(['--ipv6', '--host', '127.0.0.1'])
    expect(wrong.code).toBe(2)
  }, 40_000)

  test('asks before it replaces a file, and refuses what is none of its values', async () => {
    const out = join(directory, 'precious.mp4')
    writeFileSync(out, 'precious')
    const refused = await live(['--out', out])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/precious\.mp4 exists already.*--force/)
    expect((await live(['--fps', 'many'])).stderr).toContain('no number of frames')
    expect(await live(['--duration', '0'])).toMatchObject({ code: 2 })
    const nowhere = await live(['--out', join(directory, 'no', 'a.mp4'), '--duration', '1'])
    expect(nowhere.code).toBe(1)
    expect(nowhere.stderr).toContain('Choose another path')
  }, 20_000)
})

describe('hksv hub live --play', () => {
  test('says what to do without ffplay', async () => {
    const { code, stderr } = await live(['--play'], { env: { PATH: directory } })
    expect(code).toBe(1)
    expect(stderr).toContain('There is no ffplay. Install ffmpeg, or write a file with --out')
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test('gives ffplay the pictures, and ends when its window is closed', async () => {
    const bin = join(directory, 'bin')
    const shown = join(directory, 'shown.h264')
    mkdirSync(bin)
    // Takes so much and goes, as when its window is closed.
    writeFileSync(join(bin, 'ffplay'), `#!/bin/sh\nhead -c 250000 > '${shown}'\n`)
    chmodSync(join(bin, 'ffplay'), 0o755)
    const env = { PATH: `${bin}:${process.env['PATH']}` }
    const { code, records } = await live(['--play'], { env })
    expect(code).toBe(0)
    expect(records.at(-1)).toMatchObject({ event: 'ended', end: { by: 'hub' } })
    expect(existsSync(shown)).toBe(true)
    if (!hasFfmpeg) return
    const count = ['-count_packets', '-show_entries', 'stream=codec_name,nb_read_packets']
    const probe = spawnSync('ffprobe', ['-v', 'error', ...count, '-of', 'csv=p=0', shown])
    expect(probe.stdout.toString()).toMatch(/^h264,\d{2,}/)
  }, 30_000)
})
