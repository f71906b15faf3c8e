import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { CameraProcess, hksv } from './run.ts'

let directory = ''
let store = ''
let camera: CameraProcess
let controlUrl = ''

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-hub-'))
  store = join(directory, 'hub')
  camera = new CameraProcess(['--storage', join(directory, 'camera'), '--name', 'Front Door'])
  const { port, setupCode, controlUrl: url } = await camera.event('listening')
  controlUrl = String(url)
  const where = ['--host', '127.0.0.1', '--port', String(port), '--code', String(setupCode)]
  expect(await hub('pair', ...where)).toMatchObject({ code: 0 })
}, 60_000)

afterAll(async () => {
  await camera.stop('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function hub(command: string, ...args: string[]) {
  return hksv(['hub', command, '--store', store, '--json', ...args])
}

describe('hksv hub', () => {
  test('lists what it is paired with', async () => {
    const { id, port } = await camera.event('listening')
    const listed = await hub('list')
    expect(listed).toMatchObject({ code: 0, records: [{ deviceId: id, port }] })
    const empty = await hksv(['hub', 'list', '--store', join(directory, 'empty')])
    expect(empty).toMatchObject({ code: 0, stdout: '' })
    expect(empty.stderr).toContain('hksv hub pair')
  })

  test('arms at a bit rate and a size', async () => {
    const armed = await hub('arm', '--bitrate', '1500', '--resolution', '1280x720')
    const attributes = { width: 1280, height: 720 }
    const selected = { video: { parameters: { bitRateKbps: 1500 }, attributes } }
    expect(armed).toMatchObject({ code: 0, records: [{ event: 'armed', selected }] })
    const bad = await hub('arm', '--bitrate', 'much')
    expect(bad.code).toBe(2)
    expect(bad.stderr).toContain('no bit rate')
  })

  test('takes a picture, and replaces none unasked', async () => {
    const out = join(directory, 'porch.jpg')
    const taken = await hub('snapshot', '--out', out, '--size', '640x360')
    expect(taken).toMatchObject({ code: 0, records: [{ event: 'snapshot', path: out }] })
    expect(readFileSync(out).subarray(0, 2).toString('hex')).toBe('ffd8')
    const again = await hub('snapshot', '--out', out)
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('exists already')
    expect(await hub('snapshot', '--out', out, '--force')).toMatchObject({ code: 0 })
    const nowhere = await hub('snapshot', '--out', join(directory, 'no', 'porch.jpg'))
    expect(nowhere.code).toBe(1)
    expect(nowhere.stderr).toContain('Choose another --out')
  })

  test('watches until it is stopped', async () => {
    const seen: string[] = []
    const watching = hksv(['hub', 'watch', '--no-mdns', '--store', store, '--json'], {
      onRecord({ event, name, value, isInitial }, child) {
        seen.push(String(event))
        if (name !== 'motionDetected') return
        if (value === false && isInitial === true) {
          void fetch(`${controlUrl}/motion`, { method: 'POST', body: '{"durationMs":1000}' })
        }
        if (value === true) child.kill('SIGINT')
      },
    })
    expect(await watching).toMatchObject({ code: 0 })
    expect(seen[0]).toBe('connected')
  }, 30_000)

  test('lets a second controller in and shuts it out', async () => {
    const second = join(directory, 'second')
    const added = await hub('pairings', '--add-store', second)
    expect(added).toMatchObject({ code: 0 })
    const other = added.records.find(({ isSelf }) => isSelf === false)
    expect(other).toMatchObject({ isAdmin: false })
    const info = ['hub', 'info', '--json', '--store', second]
    expect(await hksv(info)).toMatchObject({ code: 0 })
    const left = await hub('pairings', '--remove', String(other?.['identifier']))
    expect(left).toMatchObject({ code: 0, records: [{ isSelf: true, isAdmin: true }] })
    const gone = await hksv(info)
    expect(gone.code).toBe(1)
    expect(gone.stderr).toContain('Pair it again')
  })

  test('records clips into a directory, named by time and camera', async () => {
    const clips = join(directory, 'clips')
    const args = ['--dir', clips, '--count', '2', '--duration', '4', '--now']
    const recorded = await hub('record', ...args)
    expect(recorded).toMatchObject({ code: 0 })
    const names = readdirSync(clips)
    expect(names).toHaveLength(2)
    for (const name of names) expect(name).toMatch(/^\d{8}T\d{9}Z_front-door_[0-9A-F]{12}\.mp4$/)
  }, 60_000)

  test('is the hub it is told to be', async () => {
    const armed = await hub('arm', '--profile', 'old-os')
    expect(armed).toMatchObject({ code: 0, records: [{ event: 'armed' }] })
    const out = join(directory, 'two.mp4')
    const args = ['--out', out, '--duration', '4', '--now']
    const recorded = await hub('record', '--profile', 'two-hubs', ...args)
    expect(recorded).toMatchObject({ code: 0 })
    expect((await hub('pairings')).records).toHaveLength(1)
    const wrong = await hub('record', '--profile', 'lazy')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('slow-reader')
  }, 60_000)

  test('does wrong what it is told to, and records afterwards', async () => {
    const listed = await hub('record', '--fault', 'list')
    expect(listed.code).toBe(0)
    expect(listed.records.length).toBeGreaterThan(12)
    const out = join(directory, 'after.mp4')
    const args = ['--out', out, '--duration', '4', '--now']
    const injected = await hub('record', '--fault', 'skipped-counter', ...args)
    expect(injected.code).toBe(0)
    expect(injected.records[0]).toMatchObject({ event: 'fault', isHealthy: true })
    expect(existsSync(out)).toBe(true)
    const wrong = await hub('record', '--fault', 'rudeness')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('skipped-counter')
  }, 60_000)

  test('asks before it replaces a clip', async () => {
    const out = join(directory, 'precious.mp4')
    writeFileSync(out, 'precious')
    const recorded = await hub('record', '--now', '--out', out)
    expect(recorded.code).toBe(2)
    expect(recorded.stderr).toMatch(/precious\.mp4 exists already.*--force/)
    expect(readFileSync(out, 'utf8')).toBe('precious')
    expect(existsSync(`${out}.part`)).toBe(false)
    const many = await hub('record', '--count', '2')
    expect(many).toMatchObject({ code: 2 })
    const file = await hub('record', '--dir', join(out, 'below'))
    expect(file.code).toBe(2)
    expect(file.stderr).toContain('Choose another --dir')
  })

  test('says which camera is gone', async () => {
    await camera.stop('SIGKILL')
    const gone = await hub('snapshot', '--out', join(directory, 'gone.jpg'), '--host', '127.0.0.1')
    expect(gone.code).toBe(1)
    expect(gone.stderr).toContain('Nothing answers at 127.0.0.1')
  })
})
