import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { openSource, type SourceSample, withSilence } from '@hksv/media'
import { describe, expect, onTestFinished, test } from 'vitest'

import { Listener } from './support/live-audio.ts'

const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('./support/rtsp-server.py', import.meta.url))
const sample = fileURLToPath(new URL('../assets/sample.mp4', import.meta.url))
const needs = "import gi; gi.require_version('GstRtspServer', '1.0')"
const isThere = spawnSync(python, ['-c', needs]).status === 0

async function camera(sound: string): Promise<string> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const server = spawn(python, [script, sample, 'none', 'tcp', sound], { stdio: [...stdio] })
  onTestFinished(async () => {
    server.kill('SIGKILL')
    await once(server, 'exit')
  })
  if (server.stdout === null) throw new Error('it has no output')
  const [port] = await once(createInterface(server.stdout), 'line')
  return `rtsp://127.0.0.1:${port}/cam`
}

/** Reads until there is enough of each track. */
async function read(samples: AsyncIterable<SourceSample> | undefined) {
  const counts = { video: 0, audio: 0, 'live-audio': 0 }
  const sounds: SourceSample[] = []
  for await (const one of samples ?? []) {
    counts[one.track]++
    if (one.track === 'live-audio') sounds.push({ ...one, data: new Uint8Array(one.data) })
    if (counts.video >= 30 && sounds.length >= 30) break
  }
  return { counts, sounds }
}

describe.skipIf(!isThere && process.env['CI'] !== 'true')('the sound of a camera', () => {
  test.each([
    ['pcmu', 8000, 1],
    ['pcma', 8000, 1],
    ['opus', 48_000, 2],
  ] as const)(
    'of %s is heard live beside silence that is recorded',
    async (codec, rate, channels) => {
      const source = await openSource(await camera(codec))
      await using silenced = withSilence(source)
      const description = { codec, sampleRate: rate, channels }
      expect(silenced.description.liveAudio).toEqual(description)
      expect(silenced.description.audio?.codec).toBe('aac-lc')
      const { counts, sounds } = await read(silenced.allSamples?.(AbortSignal.timeout(20_000)))
      expect(counts.audio).toBeGreaterThan(10)
      // Together with the video of one second.
      expect((sounds.at(-1)?.decodeTime ?? 0) / rate).toBeLessThan(5)
      await using listener = new Listener({ from: description })
      for (const { decodeTime, data } of sounds) listener.sound.push(decodeTime, data)
      await listener.until(({ frames }) => frames.length >= 20)
      expect(listener.steps).toEqual([320])
    },
  )

  test('of AAC is recorded, and nothing is for the live view alone', async () => {
    await using source = await openSource(await camera('aac'))
    expect(source.description.liveAudio).toBeUndefined()
    const stop = new AbortController()
    const tracks = new Set<string>()
    for await (const { track } of source.allSamples?.(stop.signal) ?? []) {
      tracks.add(track)
      if (tracks.size === 2) stop.abort()
    }
    expect([...tracks].sort()).toEqual(['audio', 'video'])
  })

  test('that is not recorded does not come with what is', async () => {
    await using source = await openSource(await camera('pcma'))
    let pictures = 0
    for await (const { track } of source.samples(AbortSignal.timeout(20_000))) {
      expect(track).toBe('video')
      if (++pictures === 30) break
    }
  })
})
