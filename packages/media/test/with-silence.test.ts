import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  Fragmenter,
  FragmentInspector,
  initSegment,
  type MediaSample,
  renderFragment,
} from '@hksv/fmp4'
import { type Clock, type MediaSource, movieTracks, openSource, withSilence } from '@hksv/media'
import { expect, onTestFinished, test } from 'vitest'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

/** Media comes as fast as it is read. */
const clock: Clock = { now: () => Number.MAX_SAFE_INTEGER, sleepUntil: async () => undefined }

async function sample(): Promise<MediaSource> {
  const source = await openSource('sample', { clock })
  onTestFinished(() => source[Symbol.asyncDispose]())
  return source
}

/** The sample without its sound, with times as they are given. */
async function mute(times: readonly number[] | undefined = undefined): Promise<MediaSource> {
  const source = await sample()
  const { name, video } = source.description
  return {
    description: { name, video },
    warnings: ['none'],
    async *samples(signal) {
      let i = 0
      for await (const one of source.samples(signal)) {
        if (one.track === 'audio') continue
        if (times === undefined) yield one
        else if (i === times.length) return
        else yield { ...one, decodeTime: (times[i++] ?? 0) * video.timescale }
      }
    },
    snapshot: (size, signal) => source.snapshot(size, signal),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function read(source: MediaSource, seconds: number): Promise<MediaSample[]> {
  const samples: MediaSample[] = []
  const { timescale } = source.description.video
  for await (const one of source.samples(new AbortController().signal)) {
    if (one.track === 'video' && one.decodeTime >= seconds * timescale) break
    samples.push({ ...one, data: one.data.slice() })
  }
  return samples
}

test('leaves a source with sound as it is', async () => {
  const source = await sample()
  expect(withSilence(source)).toBe(source)
})

test('is another description only when the source has another', async () => {
  const source = withSilence(await mute())
  expect(source.description).toBe(source.description)
  expect(source.description.audio).toMatchObject({ codec: 'aac-lc', sampleRate: 32_000 })
  expect(source.warnings).toEqual(['none'])
})

test('goes with the video, over gaps and jumps', async () => {
  const source = withSilence(await mute([0, 0.5, 1, 100, 100.5]))
  const samples = await read(source, 1000)
  const silent = samples.filter(({ track }) => track === 'audio')
  const seconds = silent.map(({ decodeTime }) => decodeTime / 32_000)
  expect(seconds.filter(time => time <= 1)).toHaveLength(32)
  expect(seconds.filter(time => time > 1).every(time => time > 99)).toBe(true)
  expect(seconds).toHaveLength(32 + 16)
})

test.runIf(hasFfmpeg)(
  'is decoded as silence, and nothing is wrong with the fragments',
  async () => {
    const source = withSilence(await mute())
    const { video, audio } = movieTracks(source.description)
    if (audio === undefined) throw new Error('no sound')
    const fragmenter = new Fragmenter({
      video: { timescale: video.timescale },
      audio: { sampleRate: 32_000, frameLength: 1024 },
    })
    const init = initSegment({ video, audio })
    const inspector = new FragmentInspector(init)
    const parts = [init]
    let origin: number | undefined
    for (const one of await read(source, 13)) {
      const fragment = fragmenter.push(one)
      if (fragment === undefined) continue
      origin ??= fragment.video.decodeTime
      const options = {
        sequenceNumber: parts.length,
        origin: { videoTime: origin },
        withAudio: true,
      }
      const rendered = Buffer.concat(renderFragment(fragment, options))
      expect(inspector.inspect(rendered).findings).toEqual([])
      parts.push(rendered)
    }
    expect(parts.length).toBeGreaterThan(3)
    const directory = mkdtempSync(join(tmpdir(), 'hksv-silence-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const path = join(directory, 'silent.mp4')
    writeFileSync(path, Buffer.concat(parts))
    const decoded = execFileSync(
      'ffmpeg',
      ['-v', 'error', '-xerror', '-i', path, '-map', '0:a', '-f', 's16le', 'pipe:1'],
      { maxBuffer: 64 * 2 ** 20 },
    )
    expect(decoded.length).toBeGreaterThan(11 * 32_000 * 2)
    expect(decoded.every(byte => byte === 0)).toBe(true)
  },
)
