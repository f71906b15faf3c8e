import { writeFileSync } from 'node:fs'

import { noPicture, openSource } from '@hksv/media'
import { beforeAll, expect, test } from 'vitest'

import { brightness, ClipDirectory, describeWithFfmpeg, h264 } from './support/ffmpeg.ts'
import { jpegSize } from './support/jpeg.ts'
import { VirtualClock } from './support/virtual-clock.ts'

const soon = () => AbortSignal.timeout(10_000)

describeWithFfmpeg('snapshot of a file', () => {
  const clips = new ClipDirectory()
  let path = ''
  beforeAll(() => {
    // A name that ffmpeg would take for an option, and a picture that changes from black to white.
    const fade = "color=black:size=160x120:rate=10,geq=lum='if(lt(N,20),16,235)':cb=128:cr=128"
    path = clips.make('-y.mp4', ['-f', 'lavfi', '-t', '4', '-i', fade, ...h264(10)])
  })

  const isBright = (jpeg: Uint8Array): boolean => {
    const file = clips.file('snapshot.jpg')
    writeFileSync(file, jpeg)
    return brightness(file) > 100
  }

  test('has the wanted size, and shows what is playing', async () => {
    await using source = await openSource(path, { clock: new VirtualClock() })
    const size = { width: 320, height: 180 }
    const first = await source.snapshot(size, soon())
    expect(jpegSize(first)).toEqual(size)
    expect(isBright(first)).toBe(false)
    for (const [pictures, expected] of [
      [31, true],
      [51, false], // the second pass
    ] as const) {
      let left = pictures
      for await (const _ of source.samples(soon())) if (--left === 0) break
      expect(isBright(await source.snapshot(size, soon()))).toBe(expected)
    }
  })

  test('without ffmpeg there is a still of the wanted size', async () => {
    await using source = await openSource(path, { ffmpeg: clips.file('no-ffmpeg-here') })
    for (const size of [
      { width: 1280, height: 720 },
      { width: 320, height: 240 },
    ]) {
      expect(await source.snapshot(size, soon())).toEqual(noPicture(size))
    }
  })

  test('throws the reason of the signal', async () => {
    await using source = await openSource(path)
    const reason = new Error('too late')
    await expect(
      source.snapshot({ width: 640, height: 360 }, AbortSignal.abort(reason)),
    ).rejects.toBe(reason)
    const abort = new AbortController()
    const picture = source.snapshot({ width: 640, height: 360 }, abort.signal)
    abort.abort(reason)
    await expect(picture).rejects.toBe(reason)
  })

  test('refuses sizes that cannot be', async () => {
    await using source = await openSource(path)
    for (const size of [
      { width: 0, height: 360 },
      { width: 640.5, height: 360 },
      { width: 640, height: 100_000 },
    ])
      await expect(source.snapshot(size, soon())).rejects.toThrow(RangeError)
  })
})
