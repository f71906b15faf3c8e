import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { isMediaError, type MediaSource, openSource } from '@hksv/media'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { ClipDirectory, frameHashes, h264, pattern } from './support/ffmpeg.ts'
import { expectWhole, recordTakes } from './support/recorder.ts'
import { TcpProxy } from './support/tcp-proxy.ts'

const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('./support/rtsp-server.py', import.meta.url))
const needs = "import gi; gi.require_version('GstRtspServer', '1.0')"
const isThere = spawnSync(python, ['-c', needs]).status === 0

/** A camera of gst-rtsp-server on any free port. */
async function server(path: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(python, [script, path, 'none', 'tcp'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = await once(createInterface(child.stdout), 'line')
  onTestFinished(() => stop(child))
  return { child, port: Number(port) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

describe.skipIf(!isThere && process.env['CI'] !== 'true')(
  'gst-rtsp-server behind a bad network',
  () => {
    const clips = new ClipDirectory()
    let path = ''
    let known: ReadonlySet<string> = new Set()
    beforeAll(() => {
      path = clips.make('clip.mp4', [...pattern({ seconds: 8 }), ...h264(8), '-c:a', 'aac'])
      known = new Set(frameHashes(path, 'v'))
    })

    async function open(proxy: TcpProxy): Promise<MediaSource> {
      const source = await openSource(proxy.url)
      onTestFinished(() => source[Symbol.asyncDispose]())
      return source
    }

    async function proxyTo(port: number): Promise<TcpProxy> {
      const proxy = await TcpProxy.open(port)
      onTestFinished(() => proxy[Symbol.asyncDispose]())
      return proxy
    }

    test('a server that is started anew', async () => {
      const first = await server(path)
      const proxy = await proxyTo(first.port)
      const source = await open(proxy)
      const before = await recordTakes(source, 1)
      await stop(first.child)
      const { value: failed } = await source
        .samples(AbortSignal.timeout(10_000))
        [Symbol.asyncIterator]()
        .next()
        .catch((value: unknown) => ({ value }))
      expect(isMediaError(failed)).toBe(true)
      proxy.port = (await server(path)).port
      const after = await recordTakes(source, 1)
      expectWhole([...before, ...after], clips, known)
      expect(source.health).toMatchObject({ isWell: true, packetsLost: 0 })
    })

    test('bytes that come one at a time', async () => {
      const proxy = await proxyTo((await server(path)).port)
      proxy.pass = (chunk, client) => {
        for (const byte of chunk) client.write(Uint8Array.of(byte))
      }
      expectWhole(await recordTakes(await open(proxy), 1), clips, known)
    })

    test('a connection that stands still', async () => {
      const proxy = await proxyTo((await server(path)).port)
      const source = await open(proxy)
      let passed = 0
      // The second connection is the first that is read from.
      proxy.pass = (chunk, client, connection) => {
        if (connection === 1) passed += chunk.length
        if (connection !== 1 || passed < 6000) client.write(chunk)
      }
      const takes = await recordTakes(source, 1)
      expect(takes.map(({ error }) => isMediaError(error) && error.code)).toEqual([
        'MEDIA_RTSP_TIMEOUT',
        false,
      ])
      expectWhole(takes, clips, known)
      expect(source.health).toMatchObject({ isWell: true, reconnects: 1 })
    })
  },
)
