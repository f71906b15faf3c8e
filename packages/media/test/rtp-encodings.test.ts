import { expect, test } from 'vitest'

import {
  ClipDirectory,
  decodeErrors,
  describeWithFfmpeg,
  frameHashes,
  h264,
  h265,
  pattern,
} from './support/ffmpeg.ts'
import { recordSent } from './support/rtp-sender.ts'

/** Pictures at uneven times: every third is left out. */
const uneven = ['-vf', "select='mod(n,3)'", '-fps_mode', 'vfr']

describeWithFfmpeg('encodings that ffmpeg sends are recorded picture for picture', () => {
  const clips = new ClipDirectory()

  /** Sends a clip, records it, and compares what both decode to. @returns The number of fragments. */
  async function compare(name: string, args: readonly string[]): Promise<number> {
    const path = clips.make(`${name}.mp4`, args)
    const recording = clips.file(`${name}-recorded.mp4`)
    const fragments = await recordSent(path, recording)
    expect(decodeErrors(recording)).toBe('')
    expect(frameHashes(recording, 'v')).toEqual(frameHashes(path, 'v'))
    // The sender forgets the packet that it has begun.
    const sent = frameHashes(path, 'a', { copy: true })
    const got = frameHashes(recording, 'a', { copy: true })
    expect(got.length).toBeGreaterThan(sent.length - 12)
    expect(got).toEqual(sent.slice(0, got.length))
    return fragments
  }

  test.each([1, 2, 4, 5])('a key frame every %i s', async seconds => {
    const clip = pattern({ seconds: 2 * seconds, rate: 10 })
    const fragments = await compare(`gop-${seconds}`, [
      ...clip,
      ...h264(10 * seconds),
      '-sc_threshold',
      '0',
      '-c:a',
      'aac',
    ])
    expect(fragments).toBe(2)
  })

  test('H.264 at uneven times, with B frames and three slices', async () => {
    const x264 = [...h264(15), '-bf', '2', '-x264-params', 'slices=3']
    await compare('uneven', [...pattern({ size: '320x240' }), ...uneven, ...x264, '-c:a', 'aac'])
  })

  test('H.265 at uneven times, with B frames and slices', async () => {
    const x265 = h265(15, 'bframes=2:slices=2')
    await compare('hevc', [...pattern({ size: '320x240' }), ...uneven, ...x265, '-c:a', 'aac'])
  })

  test.each([8000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000])(
    'AAC at %i Hz',
    async audioRate => {
      await compare(`aac-${audioRate}`, [...pattern({ audioRate }), ...h264(15), '-c:a', 'aac'])
    },
  )

  test('AAC with two channels', async () => {
    await compare('stereo', [...pattern(), ...h264(15), '-c:a', 'aac', '-ac', '2'])
  })
})
