import { isMediaError, type MediaSource, openSource, type SourceMemory } from '@hksv/media'
import { beforeAll, expect, onTestFinished, test } from 'vitest'

import { ClipDirectory, describeWithFfmpeg, h264, pattern } from './support/ffmpeg.ts'
import { picturesOf, ReplayCamera, type ReplayPicture } from './support/replay-camera.ts'

class Memory implements SourceMemory {
  text: string | undefined
  writes = 0

  async read(): Promise<string | undefined> {
    return this.text
  }

  async write(text: string): Promise<void> {
    this.text = text
    this.writes++
  }
}

describeWithFfmpeg('what is kept of a camera', () => {
  const clips = new ClipDirectory()
  let pictures: ReplayPicture[] = []
  let others: ReplayPicture[] = []
  beforeAll(() => {
    const clip = (size: string) =>
      picturesOf(clips.make(`${size}.mp4`, [...pattern({ size }), '-an', ...h264(15)]))
    pictures = clip('160x120')
    others = clip('320x240')
  })

  /** Opens a camera, closes it, and leaves its address. */
  async function leave(memory: Memory, query = ''): Promise<{ url: string; was: MediaSource }> {
    await using camera = await ReplayCamera.open(pictures)
    const url = `${camera.url.replace('//', '//user:secret@')}${query}`
    const was = await openSource(url, { memory })
    await was[Symbol.asyncDispose]()
    return { url, was }
  }

  test('is what it was, without user and password', async () => {
    const memory = new Memory()
    const { url, was } = await leave(memory, '?channel=1&password=secret')
    expect(memory.text).not.toMatch(/secret|user/)
    const away = await openSource(url, { memory })
    onTestFinished(() => away[Symbol.asyncDispose]())
    expect(away.description).toEqual(was.description)
    expect(away.warnings).toEqual([expect.stringContaining('taken for what it was the last time')])
    expect(away.warnings.join()).not.toContain('secret')
    expect(away.health).toMatchObject({ isWell: false, packets: 0 })
    const error = await away
      .samples(AbortSignal.timeout(10_000))
      [Symbol.asyncIterator]()
      .next()
      .catch(cause => cause)
    expect(isMediaError(error) && error.code).toBe('MEDIA_RTSP_UNREACHABLE')
  })

  test.each([
    ['nothing', undefined],
    ['no JSON', '{"format":1,"cam'],
    ['another format', '{"format":2,"cameras":{}}'],
    ['no cameras', '{"format":1,"cameras":7}'],
    [
      'an empty list',
      '{"format":1,"cameras":{"ADDRESS":{"codec":"h264","sps":[],"pps":["68"],"timescale":90000}}}',
    ],
    [
      'no parameter set',
      '{"format":1,"cameras":{"ADDRESS":{"codec":"h264","sps":["67"],"pps":["68"],"timescale":90000}}}',
    ],
    [
      'an unknown codec',
      '{"format":1,"cameras":{"ADDRESS":{"codec":"vp8","sps":["67"],"pps":["68"],"timescale":90000}}}',
    ],
  ])('is of no use with %s in it', async (_, text) => {
    const address = 'rtsp://127.0.0.1:1/cam'
    const memory = new Memory()
    memory.text = text?.replace('ADDRESS', address)
    await expect(openSource(address, { memory })).rejects.toMatchObject({
      code: 'MEDIA_RTSP_UNREACHABLE',
    })
  })

  test('is renewed when the camera is another one', async () => {
    const memory = new Memory()
    await using camera = await ReplayCamera.open(pictures, {
      pictures: i => others[i % others.length] ?? never(),
    })
    const source = await openSource(camera.url, { memory })
    expect(source.description.video.width).toBe(320)
    expect(memory.writes).toBe(1)
    await source[Symbol.asyncDispose]()
    // The same again is not written.
    await (await openSource(camera.url, { memory }))[Symbol.asyncDispose]()
    expect(memory.writes).toBe(1)
  })

  test('the wait for a camera ends with its signal', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const notes: string[] = []
    const note = (sentence: string) => {
      notes.push(sentence)
      stop.abort(reason)
    }
    const keepTrying = stop.signal
    const waiting = openSource('rtsp://127.0.0.1:1/cam', { keepTrying, note })
    await expect(waiting).rejects.toBe(reason)
    expect(notes).toEqual([expect.stringContaining('tried again until it is there')])
  })
})

function never(): never {
  throw new Error('no picture')
}
