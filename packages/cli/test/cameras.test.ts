import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { addCameraFlags } from '../src/commands/camera-flags.ts'
import { type CameraPlan, planCameras } from '../src/commands/camera-plans.ts'
import { readConfigFile } from '../src/config-file.ts'
import { UsageError } from '../src/failure.ts'
import { applyConfig } from '../src/options.ts'
import { CameraProcess, hksv } from './run.ts'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-cameras-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function configOf(config: object): string {
  const path = join(directory, 'cameras.json')
  writeFileSync(path, JSON.stringify(config))
  return path
}

/** Two that work, and what the test adds. */
function start(config: object, ...args: string[]): CameraProcess {
  const path = configOf({ storage: join(directory, 'data'), motion: 'none', ...config })
  const cameras = new CameraProcess(['--config', path, ...args])
  onTestFinished(async () => void (await cameras.stop('SIGKILL')))
  return cameras
}

/** What `hksv camera --config` would run. @throws UsageError */
function planOf(config: object): readonly CameraPlan[] {
  const command = addCameraFlags(new Command('camera'))
  const path = configOf(config)
  const file = readConfigFile(path)
  if (file.cameras !== undefined) return planCameras(command, path, file)
  applyConfig(command, file.values, path)
  return []
}

const two = [{ name: 'Porch' }, { name: 'Front Door', doorbell: true }]

/** Pairs, arms, raises motion and records with a hub of its own. @returns The fragments of the clip. */
async function recordFrom(cameras: CameraProcess, id: string): Promise<unknown> {
  const { port, setupCode, controlUrl } = await cameras.eventOf(id, 'listening')
  const store = join(directory, `hub-${id}`)
  const where = ['--host', '127.0.0.1', '--port', String(port), '--store', store]
  const paired = await hksv(['hub', 'pair', ...where, '--code', String(setupCode)])
  expect(paired).toMatchObject({ code: 0 })
  expect(await hksv(['hub', 'arm', '--store', store])).toMatchObject({ code: 0 })
  await cameras.eventOf(id, 'armed')
  const out = ['--out', join(directory, `${id}.mp4`), '--duration', '5']
  const { code, stderr } = await hksv(['hub', 'record', '--store', store, ...out, '--json'], {
    onRecord({ event }) {
      const motion = { method: 'POST', body: '{"durationMs":20000}' }
      if (event === 'waiting') void fetch(`${String(controlUrl)}/motion`, motion)
    },
  })
  expect(stderr).not.toContain('error')
  expect(code).toBe(0)
  return (await cameras.eventOf(id, 'recording-closed'))['fragments']
}

describe('hksv camera --config with several cameras', () => {
  test('two are paired with and recorded from at once; a third that is broken says so', async () => {
    const broken = { name: 'Yard', source: join(directory, 'none.mp4') }
    const cameras = start({ cameras: [...two, broken] })
    expect(await cameras.eventOf('yard', 'error')).toMatchObject({ code: 'MEDIA_NOT_FOUND' })
    const recorded = ['porch', 'front-door'].map(id => recordFrom(cameras, id))
    expect(await Promise.all(recorded)).toEqual([2, 2])
    const [porch, door] = await Promise.all([
      cameras.eventOf('porch', 'listening'),
      cameras.eventOf('front-door', 'listening'),
    ])
    expect(porch).toMatchObject({ name: 'Porch', storage: join(directory, 'data', 'porch') })
    for (const key of ['id', 'port', 'setupCode', 'storage']) expect(door[key]).not.toBe(porch[key])
    expect(readdirSync(join(directory, 'data')).sort()).toEqual(['front-door', 'porch'])

    const { origin, host } = new URL(String(porch['controlUrl']))
    const metrics = await (await fetch(`${origin}/metrics`)).text()
    expect(metrics).toContain('hksv_recordings_total{camera="porch",by="hub",reason="normal"} 1')
    expect(metrics).toContain(
      'hksv_recordings_total{camera="front-door",by="hub",reason="normal"} 1',
    )
    expect(metrics).toContain('hksv_up{camera="yard"} 0')
    const statusOf = async (path: string) => (await fetch(`${origin}${path}`)).status
    expect(await statusOf('/healthz')).toBe(200)
    expect(await statusOf('/cameras/yard/state')).toBe(503)
    expect(await statusOf('/cameras/attic/state')).toBe(404)
    expect(await statusOf('/state')).toBe(404)
    expect(await statusOf('/cameras/porch/snapshot.jpg')).toBe(200)

    const health = await hksv(['health', '--control', host])
    expect(health).toMatchObject({ code: 1, stderr: 'error: Yard does not run.\n' })
    const alive = await hksv(['health', '--control', host, '--alive'])
    expect(alive).toMatchObject({ code: 0, stdout: 'It answers.\n' })
    const well = await hksv(['health', '--control', host, '--only', 'Front Door'])
    expect(well).toMatchObject({ code: 0, stdout: 'The camera is well.\n' })
    expect(await cameras.stop()).toBe(0)
    const only = ['--storage', join(directory, 'data'), '--only', 'Front Door']
    const explained = await hksv(['explain', ...only, '--json'])
    expect(explained.records).toMatchObject([
      { camera: 'Front Door', trigger: { source: 'control' } },
    ])
    const gone = await hksv(['health', '--control', host])
    expect(gone).toMatchObject({ code: 1 })
    expect(gone.stderr).toContain('Nothing answers at')
  }, 60_000)

  test('one whose storage is taken, or whose port is, is left out alone', async () => {
    const taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as { port: number }
    const first = start({ cameras: two }, '--only', 'porch')
    await first.eventOf('porch', 'listening')
    expect(first.events.map(({ camera }) => camera)).toEqual(['porch'])
    const all = start({ cameras: [...two, { name: 'Yard', port }] })
    expect(await all.eventOf('porch', 'error')).toMatchObject({ code: 'STORAGE_IN_USE' })
    expect(await all.eventOf('yard', 'error')).toMatchObject({ code: 'PORT_IN_USE' })
    await all.eventOf('front-door', 'listening')
    expect(await all.stop()).toBe(0)
    const path = configOf({ storage: join(directory, 'data'), cameras: two })
    const none = await hksv(['camera', '--config', path, '--only', 'porch', '--json'])
    expect(none).toMatchObject({ code: 1 })
    expect(none.stderr).toMatch(/^porch: error: .+\n/)
    expect(none.stderr).toContain('error: No camera could be started.')
    expect(await first.stop()).toBe(0)
  }, 30_000)

  test('a wrong file ends everything before anything starts', async () => {
    for (const [cameras, text] of [
      [[...two, { name: 'porch' }], /"Porch" and "porch" have the same folder "porch"/],
      [
        [
          { name: 'a', port: 5000 },
          { name: 'b', port: 5000 },
        ],
        /"a" and "b" have the same "port": 5000/,
      ],
      [[...two, { name: 'Yard', sourc: 'x' }], /camera "Yard": there is no option "sourc"/],
      [[...two, { name: 'Yard', streams: 9 }], /camera "Yard": "streams" is wrong/],
      [[...two, { name: 'Yard', setupCode: '111-11-111' }], /camera "Yard": "setupCode" is wrong/],
      [[...two, { doorbell: true }], /camera 3 has no "name"/],
    ] as const) {
      expect(() => planOf({ cameras })).toThrow(text)
    }
    // What only shows when the cameras are put together, and how any of it ends.
    const yard = { name: 'Yard', source: 'sample', motion: 'onvif' }
    const config = configOf({ storage: join(directory, 'data'), cameras: [...two, yard] })
    const { code, stderr } = await hksv(['camera', '--config', config])
    expect(stderr).toMatch(/^error: Camera "Yard": --motion onvif.+\n$/)
    expect(code).toBe(2)
    expect(readdirSync(directory)).toEqual(['cameras.json'])
    const path = configOf({ cameras: two })
    const unknown = await hksv(['camera', '--config', path, '--only', 'attic'])
    expect(unknown).toMatchObject({ code: 2 })
    expect(unknown.stderr).toContain('there are porch, front-door')
    const alone = await hksv(['camera', '--only', 'porch'])
    expect(alone).toMatchObject({ code: 2 })
  }, 60_000)
})

test('what is of all cameras reaches each, and its own wins', () => {
  const plans = planOf({
    storage: '/data',
    streams: 4,
    hevc: true,
    source: ['first', 'second'],
    cameras: { Küche: {}, hof: { name: 'Hof 2', streams: 1, source: 'third', port: 5001 } },
  })
  expect(plans).toMatchObject([
    {
      id: 'kuche',
      flags: { name: 'Küche', streams: 4, hevc: true, source: ['first', 'second'] },
    },
    {
      id: 'hof',
      flags: { name: 'Hof 2', streams: 1, hevc: true, source: ['third'], port: 5001 },
    },
  ])
  expect(plans.map(({ flags }) => flags.storage)).toEqual(['/data/kuche', '/data/hof'])
})

describe('docs/schema/camera-config.schema.json', () => {
  const url = new URL('../../../docs/schema/camera-config.schema.json', import.meta.url)
  const schema = JSON.parse(readFileSync(url, 'utf8'))
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema)

  /** Whether `hksv camera --config` would take it. */
  function isTaken(config: object): boolean {
    try {
      planOf(config)
      return true
    } catch (error) {
      if (error instanceof UsageError) return false
      throw error
    }
  }

  test('has every option there is, and no other', () => {
    const options = addCameraFlags(new Command('camera')).options.map(one => one.attributeName())
    const known = options.filter(name => !['config', 'only'].includes(name))
    const { camera, shared } = schema.$defs
    const described = [...Object.keys(camera.properties), ...Object.keys(shared.properties)]
    expect(described.sort()).toEqual(known.sort())
  })

  test('takes what the parser takes, and refuses what it refuses', () => {
    for (const [config, isRight] of [
      [{}, true],
      [{ $schema: './camera-config.schema.json', name: 'Porch', port: 5001 }, true],
      [{ source: ['rtsp://a/1', 'rtsp://a/2'], doorbell: true, mdns: false }, true],
      [{ cameras: two, control: 8580, storage: '/data' }, true],
      [{ cameras: { porch: {}, garden: { source: 'sample' } }, hevc: true }, true],
      [{ setupCode: '031-45-154', prebuffer: 8000, sizes: 'all', audio: 'aac-lc:32000' }, true],
      [{ cameras: [] }, false],
      [{ cameras: {} }, false],
      [{ cameras: [{}] }, false],
      [{ cameras: two, name: 'Porch' }, false],
      [{ cameras: two, port: 5000 }, false],
      [{ cameras: [{ name: 'Porch', storage: '/data' }] }, false],
      [{ cameras: [{ name: 'Porch', port: 70_000 }] }, false],
      [{ doorbell: 'yes' }, false],
      [{ mdns: 'no' }, false],
      [{ name: ['Porch', 'Garden'] }, false],
      [{ source: [] }, false],
      [{ streams: 5 }, false],
      [{ prebuffer: 5000 }, false],
      [{ transcode: 'sometimes' }, false],
      [{ fieldOfView: 400 }, false],
      [{ only: 'porch' }, false],
      [{ sourc: 'sample' }, false],
    ] as const) {
      const said = JSON.stringify(config)
      expect([said, validate(config)]).toEqual([said, isRight])
      expect([said, isTaken(config)]).toEqual([said, isRight])
    }
  })
})
