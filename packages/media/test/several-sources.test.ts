import { openSources, type WantedStream } from '@hksv/media'
import { beforeAll, expect, onTestFinished, test } from 'vitest'

import { ClipDirectory, describeWithFfmpeg, h264, pattern } from './support/ffmpeg.ts'
import { picturesOf, ReplayCamera, type ReplayPicture } from './support/replay-camera.ts'

const wanted = (width: number, height: number): WantedStream => ({
  video: { codec: 'h264', width, height, framesPerSecond: 15 },
})

describeWithFfmpeg('several streams of a camera', () => {
  const clips = new ClipDirectory()
  let large: ReplayPicture[] = []
  let small: ReplayPicture[] = []
  beforeAll(() => {
    const clip = (size: string) =>
      picturesOf(clips.make(`${size}.mp4`, [...pattern({ size }), '-an', ...h264(15)]))
    large = clip('640x360')
    small = clip('320x180')
  })

  async function open(prefix = '') {
    const notes: string[] = []
    const cameras = [await ReplayCamera.open(large), await ReplayCamera.open(small)]
    const [main, sub] = cameras
    const specs = [main?.url ?? '', `${prefix}${sub?.url}`]
    const source = await openSources(specs, { note: note => notes.push(note) })
    onTestFinished(async () => {
      await source[Symbol.asyncDispose]()
      for (const camera of cameras) await camera[Symbol.asyncDispose]()
    })
    return { source, cameras, notes }
  }

  test('each reader gets the nearest, and the others are not connected', async () => {
    const { source, cameras } = await open()
    const plays = () => cameras.map(camera => camera.plays)
    const before = plays()
    expect(source.description.video.width).toBe(640)
    for (const [size, width] of [
      [wanted(1920, 1080), 640],
      [wanted(640, 360), 640],
      [wanted(320, 240), 320],
      [wanted(160, 90), 320],
      [undefined, 640],
    ] as const) {
      expect(source.descriptionFor?.(size).video.width).toBe(width)
      const isSmall = source.encodingFor?.(size) === source.encodingFor?.(wanted(320, 180))
      expect(isSmall).toBe(width === 320)
    }
    expect(plays()).toEqual(before)
    const stop = new AbortController()
    for await (const { track } of source.samples(stop.signal, wanted(320, 180)))
      if (track === 'video') stop.abort()
    expect(plays()).toEqual([before[0], (before[1] ?? 0) + 1])
    expect(source.health).toMatchObject({ isWell: true, reconnects: 0 })
    expect(source.health?.packets).toBeGreaterThan(0)
    expect(source.warnings).toEqual([])
  })

  test('says when a stream is not what the user said', async () => {
    const right = await open('320x180@')
    expect(right.source.warnings).toEqual([])
    const { source } = await open('704x576@')
    expect(source.warnings).toEqual([
      expect.stringContaining('was said to be 704x576 and is 320x180'),
    ])
  })

  test('leaves out what cannot be opened, but not the first', async () => {
    const { cameras } = await open()
    const url = cameras[0]?.url ?? ''
    const notes: string[] = []
    const note = (sentence: string) => notes.push(sentence)
    const source = await openSources([url, 'rtsp://127.0.0.1:1/'], { note })
    expect(source.descriptionFor?.(wanted(320, 180)).video.width).toBe(640)
    expect(notes).toEqual([expect.stringContaining('It is left out until the next start.')])
    await source[Symbol.asyncDispose]()
    await expect(openSources(['rtsp://127.0.0.1:1/', url])).rejects.toMatchObject({
      code: 'MEDIA_RTSP_UNREACHABLE',
    })
    await expect(openSources([])).rejects.toMatchObject({ code: 'MEDIA_UNKNOWN_SOURCE' })
  })
})
