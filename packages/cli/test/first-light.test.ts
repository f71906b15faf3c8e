import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { FragmentInspector } from '@hksv/fmp4'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { CameraProcess, hksv } from './run.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

let directory = ''
let cameras: CameraProcess[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-cli-'))
  cameras = []
})

afterEach(async () => {
  for (const camera of cameras) await camera.stop('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function startCamera(...args: string[]): CameraProcess {
  const camera = new CameraProcess(['--storage', join(directory, 'camera'), ...args])
  cameras.push(camera)
  return camera
}

/** Pairs and arms with the camera that said where it listens. */
async function pairAndArm(camera: CameraProcess): Promise<{ store: string; controlUrl: string }> {
  const { port, setupCode, controlUrl } = await camera.event('listening')
  const store = join(directory, 'hub')
  const where = ['--host', '127.0.0.1', '--port', String(port), '--store', store]
  const paired = await hksv(['hub', 'pair', ...where, '--code', String(setupCode)])
  expect(paired).toMatchObject({ code: 0 })
  const armed = await hksv(['hub', 'arm', '--store', store, '--json'])
  expect(armed).toMatchObject({ code: 0, records: [{ event: 'armed' }] })
  await camera.event('armed')
  return { store, controlUrl: String(controlUrl) }
}

/** Waits until a fragment is in the prebuffer. */
async function prebufferFilled(controlUrl: string): Promise<void> {
  for (;;) {
    const state = (await (await fetch(`${controlUrl}/state`)).json()) as { prebufferBytes: number }
    if (state.prebufferBytes > 0) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** Every check there is: our inspector, and ffmpeg when it is installed. */
function expectPlayable(path: string): { frames: number } {
  const bytes = new Uint8Array(readFileSync(path))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const starts: { type: string; offset: number }[] = []
  for (let offset = 0; offset < bytes.length; offset += view.getUint32(offset)) {
    starts.push({ type: Buffer.from(bytes.subarray(offset + 4, offset + 8)).toString(), offset })
  }
  // A prft stands in front of its moof.
  const moofs = starts
    .filter(({ type }, i) => type === 'prft' || (type === 'moof' && starts[i - 1]?.type !== 'prft'))
    .map(({ offset }) => offset)
  const inspector = new FragmentInspector(bytes.subarray(0, moofs[0]))
  expect(inspector.init.findings).toEqual([])
  let frames = 0
  for (const [i, start] of moofs.entries()) {
    const { findings, summary } = inspector.inspect(bytes.subarray(start, moofs[i + 1]))
    expect(findings).toEqual([])
    frames += summary.video?.samples ?? 0
  }
  if (hasFfmpeg) {
    const decode = [
      '-v',
      'error',
      '-xerror',
      '-i',
      path,
      '-fps_mode',
      'passthrough',
      '-f',
      'null',
      '-',
    ]
    const decoded = spawnSync('ffmpeg', decode, { encoding: 'utf8' })
    expect(decoded).toMatchObject({ status: 0, stderr: '' })
  }
  return { frames }
}

describe('two processes', () => {
  test('a camera pairs, is armed, sees motion, and the hub writes the clip', async () => {
    const camera = startCamera()
    const { store, controlUrl } = await pairAndArm(camera)
    await prebufferFilled(controlUrl)
    const out = join(directory, 'clip.mp4')
    const args = ['--store', store, '--out', out, '--duration', '12', '--json']
    const { code, records, stderr } = await hksv(['hub', 'record', ...args], {
      onRecord({ event }) {
        const motion = { method: 'POST', body: '{"durationMs":20000}' }
        if (event === 'waiting') void fetch(`${controlUrl}/motion`, motion)
      },
    })
    expect(stderr).not.toContain('error')
    expect(code).toBe(0)
    const report = records.find(({ event }) => event === 'recorded') ?? {}
    expect(report).toMatchObject({
      isComplete: true,
      endedBy: 'hub',
      reason: 'normal',
      findings: [],
    })
    expect(Number(report['durationMs'])).toBeGreaterThanOrEqual(12_000)
    // The first second of the clip is older than the motion.
    expect(Number(report['beforeMotionMs'])).toBeGreaterThan(1000)
    const { frames } = expectPlayable(out)
    expect(frames).toBe(360)
    const closed = await camera.event('recording-closed')
    expect(closed).toMatchObject({ reason: 'normal', endedBy: 'hub', fragments: 3 })
    expect(closed['bytes']).toBe(statSync(out).size)
    expect(await camera.stop()).toBe(0)
  }, 60_000)

  test('a camera that is killed leaves a clip that plays, and is armed when it comes back', async () => {
    const camera = startCamera()
    const { store, controlUrl } = await pairAndArm(camera)
    await prebufferFilled(controlUrl)
    const out = join(directory, 'broken.mp4')
    const recording = hksv([
      'hub',
      'record',
      '--store',
      store,
      '--out',
      out,
      '--duration',
      '60',
      '--now',
      '--json',
    ])
    await camera.event('recording-opened')
    while ((statSync(`${out}.part`, { throwIfNoEntry: false })?.size ?? 0) < 250_000) {
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    await camera.stop('SIGKILL')
    const ended = await recording
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('broke off')
    expect(expectPlayable(out).frames).toBeGreaterThanOrEqual(120)
    expect(readdirSync(directory)).not.toContain('broken.mp4.part')

    const again = startCamera()
    const { id, port, setupCode } = await again.event('listening')
    const { id: idBefore, port: portBefore } = await camera.event('listening')
    expect([id, port, setupCode]).toEqual([idBefore, portBefore, undefined])
    const state = (await (
      await fetch(`${String((await again.event('listening'))['controlUrl'])}/state`)
    ).json()) as Record<string, unknown>
    expect(state).toMatchObject({ isPaired: true, isArmed: true })
    const info = await hksv(['hub', 'info', '--store', store, '--json'])
    expect(info).toMatchObject({ code: 0, records: [{ deviceId: id }] })
  }, 60_000)

  test.skipIf(!hasFfmpeg)(
    'a file of H.265 is one with --hevc, and what is wrong with the clip can be asked',
    async () => {
      const file = join(directory, 'h265.mp4')
      const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=15', '-t', '8']
      const gop = 'keyint=30:min-keyint=30:scenecut=0:open-gop=0:log-level=error'
      const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', gop]
      execFileSync('ffmpeg', ['-v', 'error', '-y', ...picture, ...x265, file])
      const storage = join(directory, 'no')
      const never = ['--transcode', 'never']
      const refused = await hksv(['camera', '--source', file, '--storage', storage, ...never])
      expect(refused).toMatchObject({ code: 2, stdout: '' })
      expect(refused.stderr).toMatch(/H\.265.*--hevc/)
      const camera = startCamera('--source', file, '--hevc')
      const { store, controlUrl } = await pairAndArm(camera)
      await prebufferFilled(controlUrl)
      const out = join(directory, 'h265-clip.mp4')
      const args = ['--store', store, '--out', out, '--duration', '6', '--now', '--json']
      expect(await hksv(['hub', 'record', ...args])).toMatchObject({ code: 0 })
      expectPlayable(out)
      const decoded = await hksv(['decode', 'mp4', out])
      expect(decoded).toMatchObject({ code: 0 })
      expect(decoded.stdout).toContain('hvc1')
      expect(decoded.stdout).toContain('prft')
    },
    60_000,
  )

  test.skipIf(!hasFfmpeg)(
    'a 1080p file is a source',
    async () => {
      const file = join(directory, 'some.mp4')
      const source = [
        '-f',
        'lavfi',
        '-i',
        'testsrc2=size=1920x1080:rate=30',
        '-f',
        'lavfi',
        '-i',
        'sine',
      ]
      const codecs = [
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-g',
        '30',
        '-c:a',
        'aac',
        '-t',
        '6',
      ]
      execFileSync('ffmpeg', ['-v', 'error', ...source, ...codecs, '-pix_fmt', 'yuv420p', file])
      const camera = startCamera('--source', file)
      const { store, controlUrl } = await pairAndArm(camera)
      await prebufferFilled(controlUrl)
      const out = join(directory, 'clip.mp4')
      const { code } = await hksv([
        'hub',
        'record',
        '--store',
        store,
        '--out',
        out,
        '--duration',
        '8',
        '--now',
      ])
      expect(code).toBe(0)
      expect(expectPlayable(out).frames).toBeGreaterThanOrEqual(240)
    },
    60_000,
  )
})
