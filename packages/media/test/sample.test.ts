import { writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'

import { FragmentInspector } from '@hksv/fmp4'
import { openSource } from '@hksv/media'
import { expect, test } from 'vitest'

import { ClipDirectory, decodeErrors, describeWithFfmpeg } from './support/ffmpeg.ts'
import { jpegSize } from './support/jpeg.ts'
import { join, record } from './support/record.ts'

const asset = (name: string) => new URL(`../assets/${name}`, import.meta.url)

test('the built-in sample is what a camera would send', async () => {
  const { source, fragments, init, bytes } = await record('sample', 40)
  expect(source.description).toMatchObject({
    name: 'HKSV sample',
    video: { width: 1280, height: 720, profile: 100, level: 31, framesPerSecond: 30 },
    audio: { codec: 'aac-lc', sampleRate: 32_000, channels: 1 },
  })
  expect(source.description.video.maxKeyFrameIntervalMs).toBe(2000)
  expect(fragments.map(fragment => fragment.durationMs)).toEqual(Array(10).fill(4000))
  for (const { audio } of fragments) expect(new Set(audio?.durations)).toEqual(new Set([1024]))
  for (const { video } of fragments) expect([...video.keyFrames]).toEqual([0, 60])
  const inspector = new FragmentInspector(init)
  const findings = bytes.flatMap(fragment => inspector.inspect(fragment).findings)
  expect([...inspector.init.findings, ...findings]).toEqual([])
})

test('the assets are small', async () => {
  expect((await stat(asset('sample.mp4'))).size).toBeLessThan(1_500_000)
  expect((await stat(asset('sample.jpg'))).size).toBeLessThan(120_000)
})

test.each([
  { wanted: { width: 1920, height: 1080 }, got: { width: 1280, height: 720 } },
  { wanted: { width: 1280, height: 720 }, got: { width: 1280, height: 720 } },
  { wanted: { width: 640, height: 360 }, got: { width: 640, height: 360 } },
  { wanted: { width: 320, height: 240 }, got: { width: 640, height: 360 } },
])('its snapshot for $wanted.width x $wanted.height', async ({ wanted, got }) => {
  await using source = await openSource('sample')
  expect(jpegSize(await source.snapshot(wanted, AbortSignal.timeout(5000)))).toEqual(got)
})

describeWithFfmpeg('the built-in sample', () => {
  const clips = new ClipDirectory()
  test('decodes without a word across its seams', async () => {
    const { init, bytes } = await record('sample', 20)
    const path = clips.file('sample.mp4')
    writeFileSync(path, join([init, ...bytes]))
    expect(decodeErrors(path)).toBe('')
  })
})
