import { spawnSync } from 'node:child_process'

import { noPicture, type PictureSize } from '@hksv/media'
import { expect, test } from 'vitest'

import { describeWithFfmpeg } from './support/ffmpeg.ts'
import { jpegSize } from './support/jpeg.ts'

/** The samples that ffmpeg makes of it; it must have nothing to say. */
function decode(jpeg: Uint8Array): Uint8Array {
  const input = ['-v', 'error', '-xerror', '-f', 'jpeg_pipe', '-i', 'pipe:0']
  const args = [...input, '-vf', 'scale=out_range=full', '-pix_fmt', 'gray', '-f', 'rawvideo', '-']
  const { stdout, stderr } = spawnSync('ffmpeg', args, { input: jpeg, maxBuffer: 2 ** 28 })
  expect(stderr.toString()).toBe('')
  return stdout
}

/** Rows of the words, read at the middle of each of their points. */
function words(samples: Uint8Array, { width, height }: PictureSize, scale: number): string[] {
  const left = Math.floor((width - 59 * scale) / 2)
  const top = Math.floor((height - 7 * scale) / 2)
  const at = (x: number, y: number) =>
    samples[(top + y * scale + (scale >> 1)) * width + left + x * scale + (scale >> 1)] ?? 0
  return Array.from({ length: 7 }, (_, y) =>
    Array.from({ length: 59 }, (_, x) => (at(x, y) > 108 ? '#' : ' ')).join(''),
  )
}

describeWithFfmpeg('the picture that says there is none', () => {
  test.each([
    [640, 360, 5],
    [1280, 720, 10],
    [1920, 1080, 16],
    [320, 240, 2],
    [333, 777, 2],
    [61, 17, 1],
  ])('of %i x %i has the words in its middle', (width, height, scale) => {
    const size = { width, height }
    const samples = decode(noPicture(size))
    expect(samples).toHaveLength(width * height)
    expect(words(samples, size, scale)).toEqual([
      '#   #  ###        ####   ###   ###  ##### #   # ####  #####',
      '##  # #   #       #   #   #   #   #   #   #   # #   # #    ',
      '# # # #   #       #   #   #   #       #   #   # #   # #    ',
      '#  ## #   #       ####    #   #       #   #   # ####  #### ',
      '#   # #   #       #       #   #       #   #   # # #   #    ',
      '#   # #   #       #       #   #   #   #   #   # #  #  #    ',
      '#   #  ###        #      ###   ###    #    ###  #   # #####',
    ])
    // Nothing is smeared beyond what the quantizer loses: each sample is dark or light.
    const isNear = (sample: number) => Math.min(Math.abs(sample - 40), Math.abs(sample - 176)) < 16
    expect(samples.filter(sample => !isNear(sample))).toHaveLength(0)
  })

  test.each([
    [16, 16],
    [59, 7 + 9],
    [8192, 16],
    [17, 8191],
  ])('of %i x %i is flat or has words, and decodes', (width, height) => {
    expect(decode(noPicture({ width, height }))).toHaveLength(width * height)
  })
})

test('is the same each time, and belongs to whoever asked', () => {
  const size = { width: 640, height: 480 }
  const first = noPicture(size)
  const second = noPicture(size)
  expect(second).toEqual(first)
  first.fill(0)
  expect(noPicture(size)).toEqual(second)
})

test('of the largest size is small all the same', () => {
  const largest = { width: 8192, height: 8192 }
  const jpeg = noPicture(largest)
  expect(jpegSize(jpeg)).toEqual(largest)
  expect(jpeg.length).toBeLessThan(500_000)
})

test.each([
  [15, 360],
  [640, 0],
  [640, -1],
  [8193, 360],
  [640.5, 360],
  [Number.NaN, 360],
  [Number.POSITIVE_INFINITY, 360],
])('of %d x %d is refused', (width, height) => {
  expect(() => noPicture({ width, height })).toThrow(RangeError)
})
