import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { MediaSample } from '@hksv/fmp4'
import { type Clock, openSource, PictureSizeDetector } from '@hksv/media'
import { describe, expect, onTestFinished, test } from 'vitest'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

const picture = (decodeTime: number, length: number, isSync = false): MediaSample => ({
  track: 'video',
  decodeTime,
  isSync,
  data: new Uint8Array(length),
})

/** Ten pictures a second of these sizes. @returns When it moved, in whole seconds. */
function seen(sizes: readonly number[], options: { sensitivity?: number } = {}): number[] {
  const detector = new PictureSizeDetector({ timescale: 10, ...options })
  const moving = sizes.flatMap((size, i) =>
    detector.push(picture(i, size, i % 20 === 0)) === true ? [Math.floor(i / 10)] : [],
  )
  return [...new Set(moving)]
}

const seconds = (count: number, size: number) => Array.from({ length: 10 * count }, () => size)

describe('sizes of pictures', () => {
  test('that stay the same are no motion, however large, and key frames do not count', () => {
    for (const size of [0, 1, 100, 100_000]) expect(seen(seconds(120, size))).toEqual([])
    const withKeyFrames = seconds(60, 1000).map((size, i) => (i % 20 === 0 ? 90_000 : size))
    expect(seen(withKeyFrames)).toEqual([])
  })

  test('that grow are motion after a second, until they shrink', () => {
    const moving = seen([...seconds(30, 1000), ...seconds(5, 3000), ...seconds(30, 1000)])
    expect(moving[0]).toBe(31)
    expect(moving.at(-1)).toBe(35)
  })

  test('that grow for good are what the scene looks like, after two minutes', () => {
    const moving = seen([...seconds(30, 1000), ...seconds(300, 3000)])
    expect(moving.at(-1)).toBeGreaterThan(140)
    expect(moving.at(-1)).toBeLessThan(160)
  })

  test('are judged by what is usual: noise is no motion, and less is more when it was less', () => {
    const noise = Array.from({ length: 900 }, (_, i) => 1000 + ((i * 7919) % 600))
    expect(seen(noise)).toEqual([])
    const night = [...seconds(60, 3000), ...seconds(60, 300), ...seconds(5, 900)]
    expect(seen(night)[0]).toBe(121)
  })

  test('of one window are a flash, or a lost packet', () => {
    const flash = [...seconds(30, 1000), ...Array(5).fill(9000), ...seconds(30, 1000)]
    expect(seen(flash)).toEqual([])
  })

  test('count more or less, as it is set', () => {
    const little = [...seconds(30, 1000), ...seconds(5, 1400), ...seconds(10, 1000)]
    expect(seen(little, { sensitivity: 10 })).toEqual([])
    expect(seen(little, { sensitivity: 50 })).not.toEqual([])
    for (const sensitivity of [-1, 101, Number.NaN]) {
      expect(() => seen([], { sensitivity })).toThrow(RangeError)
    }
  })

  test('are forgotten at a gap or a jump of the clock, and nothing is thrown', () => {
    const detector = new PictureSizeDetector({ timescale: 10 })
    const times = [0, 1, 900, 901, 5, 6, -7, Number.MAX_SAFE_INTEGER]
    for (const time of times) expect(detector.push(picture(time, 100_000))).toBeUndefined()
    const audio = { track: 'audio', decodeTime: 0, isSync: true, data: new Uint8Array(9) } as const
    expect(detector.push(audio)).toBeUndefined()
  })
})

test.runIf(hasFfmpeg)(
  'a box that crosses a noisy scene is seen, and the noise is not',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hksv-motion-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const path = join(directory, 'scene.mp4')
    const box =
      "[0][1]overlay=x='mod(t*90,600)':y=150:enable='between(t,20,26)',noise=alls=6:allf=t"
    const inputs = ['color=gray:s=640x360:r=15', 'testsrc2=s=90x60:r=15']
    const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '30', '-crf', '28']
    const lavfi = inputs.flatMap(input => ['-f', 'lavfi', '-i', input])
    const args = [...lavfi, '-filter_complex', box, '-t', '36', ...video, path]
    execFileSync('ffmpeg', ['-v', 'error', ...args])
    // Media comes as fast as it is read.
    const clock: Clock = { now: () => Number.MAX_SAFE_INTEGER, sleepUntil: async () => undefined }
    await using source = await openSource(path, { clock })
    const { timescale } = source.description.video
    const detector = new PictureSizeDetector({ timescale })
    const moving: number[] = []
    for await (const sample of source.samples(new AbortController().signal)) {
      if (sample.track === 'video' && sample.decodeTime >= 36 * timescale) break
      if (detector.push(sample) === true) moving.push(sample.decodeTime / timescale)
    }
    expect(moving[0]).toBeGreaterThan(20)
    expect(moving[0]).toBeLessThan(22)
    expect(moving.at(-1)).toBeGreaterThan(25)
    expect(moving.at(-1)).toBeLessThan(27.5)
  },
)
