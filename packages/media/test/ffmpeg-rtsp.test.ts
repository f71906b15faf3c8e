import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { openSource } from '@hksv/media'
import { describe, expect, onTestFinished, test } from 'vitest'

import { ffmpegChildren } from './support/children.ts'

const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('./support/rtsp-server.py', import.meta.url))
const sample = fileURLToPath(new URL('../assets/sample.mp4', import.meta.url))
const needs = "import gi; gi.require_version('GstRtspServer', '1.0')"
const isThere = spawnSync(python, ['-c', needs]).status === 0

async function camera(sound: string): Promise<string> {
  const server = spawn(python, [script, sample, 'digest', 'tcp', sound], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    server.kill('SIGKILL')
    await once(server, 'exit')
  })
  const [port] = await once(createInterface(server.stdout), 'line')
  return `rtsp://user:pass%20word@127.0.0.1:${port}/cam`
}

describe.skipIf(!isThere && process.env['CI'] !== 'true')('an RTSP camera', () => {
  test('whose sound is G.711 is recorded with AAC, and nobody sees its password', async () => {
    const url = (await camera('pcma')).replace('rtsp:', 'rtspt:')
    await using source = await openSource(url, { transcode: 'auto' })
    expect(source.description).toMatchObject({
      video: { codec: 'h264', width: 1280, height: 720 },
      audio: { codec: 'aac-lc', sampleRate: 8000, channels: 1 },
    })
    expect(source.warnings).toEqual([
      expect.stringMatching(/ffmpeg encodes the sound \(it is PCM_ALAW, not AAC\)\.$/),
    ])
    const counts = { video: 0, audio: 0 }
    for await (const { track } of source.samples(AbortSignal.timeout(30_000))) {
      if (counts.video === 0) {
        const [child] = ffmpegChildren()
        expect(child?.args.join(' ')).toContain('pipe:0')
        expect(child?.args.join(' ')).not.toContain('word')
      }
      counts[track]++
      if (counts.video > 30 && counts.audio > 10) break
    }
    expect(counts.video).toBeGreaterThan(30)
    expect(counts.audio).toBeGreaterThan(10)
    expect(ffmpegChildren()).toEqual([])
  }, 60_000)

  test('in the options of ffmpeg keeps its password to itself too', async () => {
    const url = await camera('aac')
    await using source = await openSource(`ffmpeg:-re -rtsp_transport tcp -i ${url}`)
    expect(source.description.video).toMatchObject({ codec: 'h264', width: 1280 })
    for await (const _ of source.samples(AbortSignal.timeout(30_000))) {
      const [child] = ffmpegChildren()
      expect(child?.args.join(' ')).toContain('-re')
      expect(child?.args.join(' ')).not.toContain('word')
      break
    }
  }, 60_000)

  test('that sends AAC is left to our own reader', async () => {
    await using source = await openSource(await camera('aac'), { transcode: 'auto' })
    for await (const _ of source.samples(AbortSignal.timeout(30_000))) {
      expect(ffmpegChildren()).toEqual([])
      break
    }
  }, 60_000)
})
