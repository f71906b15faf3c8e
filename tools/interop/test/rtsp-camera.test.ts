import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startCamera } from '@hksv/accessory'
import { nodeProvider } from '@hksv/crypto/node'
import { AccessoryClient, arm, ControllerStore, pair, recordClip } from '@hksv/hub'
import { isMediaError, type MediaSource, openSource } from '@hksv/media'
import { describe, expect, onTestFinished, test } from 'vitest'

const program = fileURLToPath(new URL('../peers/rtsp-camera.py', import.meta.url))
const python = '/usr/bin/python3'
const needed = 'import gi; gi.require_version("GstRtspServer", "1.0")'
const hasPeer =
  spawnSync(python, ['-c', needed]).status === 0 && spawnSync('ffmpeg', ['-version']).status === 0
if (!hasPeer && process.env['CI'] === 'true') throw new Error('gst-rtsp-server is missing in CI')

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-rtsp-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

const encoders = {
  h264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '30', '-bf', '0'],
  h265: [
    ...['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params'],
    'keyint=30:min-keyint=30:open-gop=0:scenecut=0:bframes=0:log-level=error',
  ],
}

/** A camera nobody here wrote. */
async function rtspCamera(codec: keyof typeof encoders, directory: string) {
  const file = join(directory, 'scene.mp4')
  const inputs = ['testsrc2=size=640x360:rate=15', 'sine=sample_rate=32000']
  const lavfi = inputs.flatMap(input => ['-f', 'lavfi', '-i', input])
  const output = [...encoders[codec], '-c:a', 'aac', '-t', '40', file]
  execFileSync('ffmpeg', ['-v', 'error', ...lavfi, ...output])
  const port = await freePort()
  const start = async () => {
    const child = spawn(python, [program, file, `${port}`, codec])
    onTestFinished(() => void child.kill('SIGKILL'))
    await new Promise(resolve => child.stdout.once('data', resolve))
    return child
  }
  return { url: `rtsp://porch:se%2Fcret@127.0.0.1:${port}/camera`, start }
}

async function opened(url: string): Promise<MediaSource> {
  const source = await openSource(url)
  onTestFinished(() => source[Symbol.asyncDispose]())
  return source
}

describe.runIf(hasPeer)('an RTSP camera', () => {
  test.each(['h264', 'h265'] as const)(
    'of %s is recorded by a hub as it is',
    async codec => {
      const directory = temporaryDirectory()
      const { url, start } = await rtspCamera(codec, directory)
      await start()
      const source = await opened(url)
      expect(source.description).toMatchObject({
        video: { codec, width: 640, height: 360, timescale: 90_000 },
        audio: { codec: 'aac-lc', sampleRate: 32_000, channels: 1 },
      })
      expect(source.description.name).not.toContain('cret')
      const camera = await startCamera({
        name: 'Porch',
        host: '127.0.0.1',
        mdns: false,
        log: silent,
        storage: join(directory, 'camera'),
        source,
        recording: { isHevcAllowed: codec === 'h265' },
      })
      onTestFinished(() => camera.close())
      const store = await ControllerStore.open(join(directory, 'hub'), nodeProvider)
      const { port, setupCode = '' } = camera.info
      const accessory = await pair({ store, host: '127.0.0.1', port, setupCode })
      const client = await AccessoryClient.connect({ store, accessory })
      onTestFinished(() => client.close())
      await arm(client)
      await expect.poll(() => camera.state.prebufferBytes, { timeout: 20_000 }).toBeGreaterThan(0)
      const path = join(directory, 'clip.mp4')
      const report = await recordClip({ client, path, durationMs: 8000, isNow: true })
      expect(report).toMatchObject({ isComplete: true, findings: [] })
      const decode = ['-v', 'error', '-xerror', '-i', path, '-f', 'null', '-']
      const decoded = spawnSync('ffmpeg', decode, { encoding: 'utf8' })
      expect(decoded).toMatchObject({ status: 0, stderr: '' })

      const picture = await source.snapshot(
        { width: 320, height: 180 },
        AbortSignal.timeout(10_000),
      )
      expect([...picture.subarray(0, 2)]).toEqual([0xff, 0xd8])
    },
    60_000,
  )

  test('that is switched off and on again goes on being recorded', async () => {
    const directory = temporaryDirectory()
    const { url, start } = await rtspCamera('h264', directory)
    const child = await start()
    const source = await opened(url)
    const read = async () => {
      let keyFrames = 0
      for await (const { track, isSync } of source.samples(AbortSignal.timeout(20_000))) {
        if (track === 'video' && isSync && ++keyFrames === 2) return
        if (keyFrames === 1) child.kill('SIGKILL')
      }
    }
    await expect(read()).rejects.toSatisfy(isMediaError)
    await expect(read()).rejects.toMatchObject({ code: 'MEDIA_RTSP_UNREACHABLE' })
    await start()
    for await (const { isSync } of source.samples(AbortSignal.timeout(20_000))) {
      expect(isSync).toBe(true)
      break
    }
  }, 60_000)

  test('says what is wrong, and never the password', async () => {
    const { url, start } = await rtspCamera('h264', temporaryDirectory())
    await start()
    const wrong = url.replace('se%2Fcret', 'wr0ng')
    await expect(openSource(wrong)).rejects.toMatchObject({
      code: 'MEDIA_RTSP_AUTH',
      message: expect.not.stringContaining('wr0ng'),
    })
    await expect(openSource(url.replace('/camera', '/other'))).rejects.toMatchObject({
      code: 'MEDIA_RTSP_REFUSED',
    })
  }, 60_000)
})
