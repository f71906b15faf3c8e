import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

import { isMediaError, MediaError, mediaErrors, openSource } from '@hksv/media'
import { beforeAll, expect, test } from 'vitest'

import { ClipDirectory, describeWithFfmpeg, h264, pattern } from './support/ffmpeg.ts'
import { samplesOf } from './support/record.ts'
import { VirtualClock } from './support/virtual-clock.ts'

const aac = ['-c:a', 'aac']
const never = () => new AbortController().signal

async function codeOf(spec: string): Promise<unknown> {
  try {
    await (await openSource(spec))[Symbol.asyncDispose]()
    return undefined
  } catch (error) {
    if (!isMediaError(error)) throw error
    expect(error.message.split('\n')).toHaveLength(1)
    return error.code
  }
}

test('an error is one sentence with the way out', () => {
  const error = new MediaError('MEDIA_NOT_MP4', { source: "a clip's.mov", detail: 'it is empty' })
  expect(error.message).toBe(
    "a clip's.mov: this is not an MP4 file (it is empty); convert it with: " +
      "ffmpeg -i 'a clip'\\''s.mov' -c:v libx264 -bf 0 -g 60 -c:a aac OUT.mp4",
  )
  for (const text of Object.values(mediaErrors)) expect(text).toMatch(/^[^;]+; [^;]+$/)
})

describeWithFfmpeg('file source', () => {
  const clips = new ClipDirectory()
  let plain = ''
  beforeAll(() => {
    plain = clips.make('plain.mp4', [...pattern(), ...h264(15), ...aac])
  })

  test('says what it delivers', async () => {
    await using source = await openSource(plain)
    expect(source.description).toMatchObject({
      name: 'plain',
      video: {
        ...{ codec: 'h264', width: 160, height: 120, profile: 100, framesPerSecond: 15 },
        maxKeyFrameIntervalMs: 1000,
      },
      audio: { codec: 'aac-lc', sampleRate: 32_000, channels: 1, frameLength: 1024 },
    })
    const { audio, video } = source.description
    expect(Buffer.from(audio?.audioSpecificConfig ?? []).toString('hex')).toBe('1288')
    expect([video.sps.length, video.pps.length]).toEqual([1, 1])
    expect(source.warnings).toEqual([])
  })

  test('takes a file: URL', async () => {
    await using source = await openSource(pathToFileURL(plain).href)
    expect(source.description.name).toBe('plain')
  })

  test('video alone, and audio that is no AAC', async () => {
    const silent = clips.make('silent.mp4', [...pattern(), '-an', ...h264(15)])
    await using first = await openSource(silent)
    expect([first.description.audio, first.warnings]).toEqual([undefined, []])
    const mp3 = clips.make('mp3.mp4', [...pattern(), ...h264(15), '-c:a', 'mp2'])
    await using second = await openSource(mp3)
    expect(second.description.audio).toBeUndefined()
    expect(second.warnings).toEqual([expect.stringMatching(/^the audio \(mp4a\) .*; convert it/)])
  })

  test('anamorphic video has the size it is shown in', async () => {
    const wide = clips.make('wide.mp4', [...pattern(), '-vf', 'setsar=4/3', ...h264(15)])
    await using source = await openSource(wide)
    expect(source.description.video).toMatchObject({ width: 213, height: 120 })
  })

  test.each<[string, keyof typeof mediaErrors, (path: string) => void]>([
    ['a missing path', 'MEDIA_NOT_FOUND', () => undefined],
    ['an empty file', 'MEDIA_NOT_MP4', path => writeFileSync(path, '')],
    ['text', 'MEDIA_NOT_MP4', path => writeFileSync(path, 'a note about a clip\n')],
    [
      'another container',
      'MEDIA_NOT_MP4',
      () => clips.make('another container.mkv', [...pattern(), ...h264(15), ...aac]),
    ],
    [
      'a file that is cut short',
      'MEDIA_TRUNCATED',
      path => writeFileSync(path, readFileSync(plain).subarray(0, 20_000)),
    ],
    [
      'MPEG-4',
      'MEDIA_NO_VIDEO',
      path => {
        const mpeg4 = [...pattern({ seconds: 1 }), '-c:v', 'mpeg4']
        clips.make(path.split('/').at(-1) ?? '', mpeg4)
      },
    ],
    [
      'sound alone',
      'MEDIA_NO_VIDEO',
      path => clips.make(path.split('/').at(-1) ?? '', [...pattern(), '-vn', ...aac]),
    ],
    [
      'key frames 12 s apart',
      'MEDIA_KEY_FRAME_DISTANCE',
      path => {
        const slow = [...pattern({ seconds: 13, rate: 5 }), ...h264(60, '-keyint_min', '60')]
        clips.make(path.split('/').at(-1) ?? '', slow)
      },
    ],
    [
      'intra refresh: recovery points that are no IDR pictures',
      'MEDIA_KEY_FRAME_DISTANCE',
      path => {
        const refresh = h264(25, '-x264-params', 'intra-refresh=1')
        clips.make(path.split('/').at(-1) ?? '', [
          ...pattern({ seconds: 12, rate: 10 }),
          ...refresh,
        ])
      },
    ],
    [
      'damaged tables',
      'MEDIA_DAMAGED',
      path => {
        const bytes = readFileSync(plain)
        bytes.writeUInt32BE(0x7fffffff, bytes.indexOf('stsz') + 12)
        writeFileSync(path, bytes)
      },
    ],
    [
      'no PPS',
      'MEDIA_UNUSABLE_VIDEO',
      path => {
        const bytes = readFileSync(plain)
        const avcC = bytes.indexOf('avcC') + 4
        bytes[avcC + 8 + bytes.readUInt16BE(avcC + 6)] = 0
        writeFileSync(path, bytes)
      },
    ],
  ])('refuses %s', async (name, code, make) => {
    const path = clips.file(name.startsWith('another') ? `${name}.mkv` : `${name.slice(0, 20)}.mp4`)
    make(path)
    expect(await codeOf(path)).toBe(code)
  })

  test('refuses a directory and other kinds of sources', async () => {
    expect(await codeOf(clips.path)).toBe('MEDIA_NOT_A_FILE')
    expect(await codeOf(`${plain}/inside`)).toBe('MEDIA_NOT_FOUND')
    expect(await codeOf('udp://127.0.0.1:5000')).toBe('MEDIA_UNKNOWN_SOURCE')
    const error = await openSource('gopher://user:secret@host/').catch((error: unknown) => error)
    expect(String(error)).not.toMatch(/secret|user/)
  })

  test('loops without a gap', async () => {
    await using source = await openSource(plain, { clock: new VirtualClock() })
    const samples = await samplesOf(source, 30)
    const { timescale } = source.description.video
    const video = samples.filter(({ track }) => track === 'video')
    expect(video).toHaveLength(30 * 15)
    video.forEach(({ decodeTime, isSync, data }, i) => {
      expect(decodeTime).toBe((i * timescale) / 15)
      expect(isSync).toBe(i % 15 === 0)
      expect(Buffer.from(data).equals(video[i % 45]?.data ?? data)).toBe(true)
    })
    const audio = samples.filter(({ track }) => track === 'audio')
    audio.forEach(({ decodeTime }, i) => {
      const gap = decodeTime - (audio[i - 1]?.decodeTime ?? decodeTime - 1024)
      expect(Math.abs(gap - 1024)).toBeLessThanOrEqual(512)
    })
    const passStarts = audio.filter(
      ({ data }) => audio[0] && Buffer.from(data).equals(audio[0].data),
    )
    expect(passStarts.map(({ decodeTime }) => decodeTime)).toEqual(
      Array.from({ length: 10 }, (_, i) => i * 3 * 32_000),
    )
  })

  test('delivers at the pace of a camera, with one sleep a picture', async () => {
    const clock = new VirtualClock()
    await using source = await openSource(plain, { clock })
    const { timescale } = source.description.video
    const start = clock.time
    let count = 0
    for await (const { track, decodeTime } of source.samples(never())) {
      const late =
        clock.time - start - (decodeTime / (track === 'video' ? timescale : 32_000)) * 1000
      if (track === 'video') expect(late).toBeCloseTo(0, 6)
      else {
        expect(late).toBeGreaterThanOrEqual(-40)
        expect(late).toBeLessThanOrEqual(0)
      }
      if (track === 'video' && ++count === 150) break
    }
    // 15 pictures a second leave time for one more wake-up for audio.
    expect(clock.sleeps).toBeLessThanOrEqual(2 * count)
  })

  test('catches up after a stall, and loses nothing', async () => {
    const clock = new VirtualClock()
    await using source = await openSource(plain, { clock })
    const { timescale } = source.description.video
    const times: number[] = []
    let sleepsInStall = 0
    for await (const { track, decodeTime } of source.samples(never())) {
      if (track !== 'video') continue
      times.push(decodeTime)
      if (times.length === 20) {
        clock.time += 5000
        sleepsInStall = clock.sleeps
      }
      if (times.length === 20 + 75) expect(clock.sleeps).toBe(sleepsInStall)
      if (times.length === 200) break
    }
    expect(times).toEqual(Array.from({ length: 200 }, (_, i) => (i * timescale) / 15))
    expect(clock.time - 1_000_000).toBeCloseTo((199 / 15) * 1000, 3)
  })

  test('ends without an error when the signal aborts or the source is closed', async () => {
    const source = await openSource(plain)
    const abort = new AbortController()
    let count = 0
    for await (const _ of source.samples(abort.signal)) if (++count === 3) abort.abort()
    expect(count).toBe(3)
    for await (const _ of source.samples(never()))
      if (++count === 6) await source[Symbol.asyncDispose]()
    expect(count).toBe(6)
    await source[Symbol.asyncDispose]()
    await expect(source.samples(never())[Symbol.asyncIterator]().next()).rejects.toThrow(
      expect.objectContaining({ code: 'MEDIA_CLOSED' }),
    )
    await expect(source.snapshot({ width: 64, height: 48 }, never())).rejects.toThrow(
      expect.objectContaining({ code: 'MEDIA_CLOSED' }),
    )
  })

  test('an abort ends a sleep', async () => {
    const still = clips.make('still.mp4', [...pattern({ seconds: 8, rate: 1 }), '-an', ...h264(4)])
    await using source = await openSource(still)
    const abort = new AbortController()
    const iterator = source.samples(abort.signal)[Symbol.asyncIterator]()
    await iterator.next()
    const next = iterator.next()
    abort.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  test('a file that becomes shorter is an error, not silence', async () => {
    const path = clips.file('shrinking.mp4')
    copyFileSync(plain, path)
    await using source = await openSource(path, { clock: new VirtualClock() })
    writeFileSync(path, readFileSync(plain).subarray(0, 100))
    await expect(samplesOf(source, 3)).rejects.toThrow(
      expect.objectContaining({ code: 'MEDIA_READ' }),
    )
  })
})
