import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { isMediaError, type MediaSource, openSource } from '@hksv/media'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { ClipDirectory, frameHashes, h264, pattern } from './support/ffmpeg.ts'
import { expectWhole, recordTakes, type Take } from './support/recorder.ts'
import { UdpProxy } from './support/udp-proxy.ts'

const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('./support/rtsp-server.py', import.meta.url))
const needs = "import gi; gi.require_version('GstRtspServer', '1.0')"
const isThere = spawnSync(python, ['-c', needs]).status === 0

/** A camera of gst-rtsp-server that sends over UDP alone, on any free port. */
async function server(path: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(python, [script, path, 'none', 'udp'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => stop(child))
  const [port] = await once(createInterface(child.stdout), 'line')
  return { child, port: Number(port) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** The same numbers each time. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const codes = (takes: readonly Take[]) =>
  takes.flatMap(({ error }) => (isMediaError(error) ? [error.code] : []))

describe.skipIf(!isThere && process.env['CI'] !== 'true')(
  'gst-rtsp-server behind a network that mistreats datagrams',
  () => {
    const clips = new ClipDirectory()
    let path = ''
    let known: ReadonlySet<string> = new Set()
    beforeAll(() => {
      // Several packets a picture, and a key frame each half second.
      const picture = pattern({ seconds: 12, size: '640x360' })
      path = clips.make('clip.mp4', [...picture, ...h264(8, '-crf', '28'), '-c:a', 'aac'])
      known = new Set(frameHashes(path, 'v'))
    })

    async function open(): Promise<{ source: MediaSource; proxy: UdpProxy; child: ChildProcess }> {
      const { child, port } = await server(path)
      const proxy = await UdpProxy.open(port)
      onTestFinished(() => proxy[Symbol.asyncDispose]())
      const source = await openSource(proxy.url)
      onTestFinished(() => source[Symbol.asyncDispose]())
      return { source, proxy, child }
    }

    test('that is well, through the proxy', async () => {
      const { source } = await open()
      const takes = await recordTakes(source, 2)
      expect(codes(takes)).toEqual([])
      expectWhole(takes, clips, known)
      expect(source.health).toMatchObject({ isWell: true, packetsLost: 0, picturesDropped: 0 })
    })

    test.each([1, 2])(
      'that loses one in twenty, repeats and exchanges datagrams, seed %i',
      async seed => {
        const { source, proxy } = await open()
        const random = seeded(seed)
        let held: Uint8Array | undefined
        let lost = 0
        proxy.pass = (packet, send) => {
          const what = random()
          if (what < 0.05) {
            lost++
            return
          }
          if (what < 0.15 && held === undefined) {
            held = packet
            return
          }
          send(packet)
          if (what > 0.95) send(packet)
          if (held !== undefined) send(held)
          held = undefined
        }
        const takes = await recordTakes(source, 3)
        expectWhole(takes, clips, known)
        expect(lost).toBeGreaterThan(0)
        expect(source.health?.packetsLost).toBeGreaterThan(0)
        expect(source.health?.picturesDropped).toBeGreaterThan(0)
      },
    )

    test('that lets nothing through any more, until the camera is asked anew', async () => {
      const { source, proxy } = await open()
      let passed = 0
      // The camera has been opened by others; the next two tracks are the first that are read.
      const next = proxy.sessions
      proxy.pass = (packet, send, session) => {
        if (session < next + 2 && ++passed > 40) return
        send(packet)
      }
      const takes = await recordTakes(source, 2)
      expect(codes(takes)).toEqual(['MEDIA_RTSP_TIMEOUT'])
      expectWhole(takes, clips, known)
      expect(source.health).toMatchObject({ isWell: true, reconnects: 1 })
    })

    test('that breaks off the connection of RTSP', async () => {
      const { source, proxy } = await open()
      let packets = 0
      const next = proxy.sessions
      proxy.pass = (packet, send, session) => {
        if (session >= next && ++packets === 40) proxy.cut()
        send(packet)
      }
      const takes = await recordTakes(source, 3)
      expect(codes(takes)).toEqual(['MEDIA_RTSP_ENDED'])
      expectWhole(takes, clips, known)
      expect(source.health).toMatchObject({ isWell: true, reconnects: 1 })
    })

    test('and the server is started anew', async () => {
      const { source, proxy, child } = await open()
      const before = await recordTakes(source, 1)
      await stop(child)
      const failed = await recordTakes(source, 1, () => undefined)
      expect(codes(failed)).toEqual([expect.stringMatching(/^MEDIA_RTSP_/)])
      proxy.port = (await server(path)).port
      const after = await recordTakes(source, 1)
      expectWhole([...before, ...after], clips, known)
      expect(source.health?.isWell).toBe(true)
    })
  },
)
