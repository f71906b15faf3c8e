import { ffmpegSensor } from '@hksv/media'
import { describe, expect, test } from 'vitest'

import { ffmpegChildren } from './support/children.ts'
import { describeWithFfmpeg } from './support/ffmpeg.ts'
import { VirtualClock } from './support/virtual-clock.ts'

/** Watches a scene of ffmpeg's to its end, in virtual time. @returns How often something moved. */
async function watched(scene: string, threshold?: number): Promise<number> {
  const sensor = ffmpegSensor(`ffmpeg:-f lavfi -i "${scene}"`, {
    clock: new VirtualClock(),
    ...(threshold === undefined ? {} : { threshold }),
  })
  let seen = 0
  const watching = sensor.watch(() => seen++, new AbortController().signal)
  await expect(watching).rejects.toMatchObject({
    code: 'MEDIA_FFMPEG_ENDED',
    message: expect.stringContaining('the input is over'),
  })
  expect(ffmpegChildren()).toEqual([])
  return seen
}

const still = 'color=gray:size=320x180:rate=10:duration=20'
/** 32 of 320 pixels wide, and as high: 1.8 % of the picture; it moves from the tenth second on. */
const walker =
  "color=white:size=32x32:rate=10:duration=20[w];[b][w]overlay=x='if(lt(t,10),0,(t-10)*20)':y=60"

describeWithFfmpeg('motion in decoded pictures', () => {
  test('is none in a still scene, and none in its noise', async () => {
    expect(await watched(still)).toBe(0)
    expect(await watched(`${still},noise=alls=15:allf=t`)).toBe(0)
  })

  test('is none when a light is switched on', async () => {
    expect(await watched(`${still},eq=brightness='if(lt(t,10),0,0.3)':eval=frame`)).toBe(0)
  })

  test('is what moves', async () => {
    const seen = await watched(`${still}[b];${walker}`)
    expect(seen).toBeGreaterThan(25)
    expect(seen).toBeLessThan(46)
  })

  test('counts from the threshold on', async () => {
    expect(await watched(`${still}[b];${walker}`, 20)).toBe(0)
  })

  test('is watched in the file that is the source, until it is told to stop', async () => {
    const stop = new AbortController()
    const sensor = ffmpegSensor('sample')
    expect(sensor.name).toBe('ffmpeg')
    await sensor.watch(() => stop.abort(), stop.signal)
    expect(ffmpegChildren()).toEqual([])
  })

  test('says why it sees nothing', async () => {
    const { signal } = new AbortController()
    const watch = (spec: string, ffmpeg = 'ffmpeg') =>
      ffmpegSensor(spec, { ffmpeg }).watch(() => undefined, signal)
    await expect(watch('no-such-file.mp4')).rejects.toMatchObject({ code: 'MEDIA_FFMPEG_INPUT' })
    await expect(watch('sample', 'no-such-ffmpeg')).rejects.toMatchObject({
      code: 'MEDIA_FFMPEG_MISSING',
    })
  })
})

describe('a sensor', () => {
  test('has a threshold of up to 100 %', () => {
    for (const threshold of [0, -1, 101, Number.NaN])
      expect(() => ffmpegSensor('sample', { threshold })).toThrow(RangeError)
  })
})
