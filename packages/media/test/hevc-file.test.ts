import { readFileSync, writeFileSync } from 'node:fs'

import { boxTree, FragmentInspector, hevcNalType, readMovie } from '@hksv/fmp4'
import {
  isMediaError,
  lengthPrefixedNalUnits,
  type MediaError,
  movieTracks,
  openSource,
} from '@hksv/media'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'

import { ClipDirectory, decodeErrors, describeWithFfmpeg, h265, pattern } from './support/ffmpeg.ts'
import { jpegSize } from './support/jpeg.ts'
import { join, record } from './support/record.ts'
import { VirtualClock } from './support/virtual-clock.ts'

const aac = ['-c:a', 'aac']

async function errorOf(spec: string): Promise<MediaError | undefined> {
  try {
    await (await openSource(spec))[Symbol.asyncDispose]()
    return undefined
  } catch (error) {
    // Whatever the file, and in one sentence.
    if (!isMediaError(error)) throw error
    expect(error.message.split('\n')).toHaveLength(1)
    return error
  }
}

/** @returns A copy of a file whose `hvcC` lists no parameter sets. */
function withoutArrays(file: Buffer): Buffer {
  const bytes = Buffer.from(file)
  bytes[bytes.indexOf('hvcC') + 4 + 22] = 0
  return bytes
}

describeWithFfmpeg('an H.265 file', () => {
  const clips = new ClipDirectory()
  let plain = ''
  let inBand = ''
  beforeAll(() => {
    plain = clips.make('plain.mp4', [...pattern(), ...h265(15), ...aac])
    const repeated = h265(15, 'bframes=0:repeat-headers=1', '-tag:v', 'hev1')
    inBand = clips.make('in-band.mp4', [...pattern(), ...repeated, ...aac])
  })

  test('says what it delivers', async () => {
    await using source = await openSource(plain)
    const { video } = source.description
    expect(video).toMatchObject({
      ...{ codec: 'h265', width: 160, height: 120, profile: 1, level: 30, framesPerSecond: 15 },
      maxKeyFrameIntervalMs: 1000,
    })
    if (video.codec !== 'h265') throw new Error('no H.265')
    const sets = [...video.vps, ...video.sps, ...video.pps]
    expect(sets.map(hevcNalType)).toEqual([32, 33, 34])
    expect(movieTracks(source.description)).toMatchObject({
      video: { codec: 'hvc1', trackId: 1, vps: video.vps },
      audio: { codec: 'mp4a', trackId: 2, sampleRate: 32_000 },
    })
    expect(source.warnings).toEqual([])
  })

  test('anamorphic video has the size it is shown in', async () => {
    const wide = clips.make('wide.mp4', [...pattern(), '-vf', 'setsar=4/3', ...h265(15)])
    await using source = await openSource(wide)
    expect(source.description.video).toMatchObject({ width: 213, height: 120 })
  })

  test('a snapshot is taken as of any file', async () => {
    await using source = await openSource(plain)
    const size = { width: 320, height: 180 }
    expect(jpegSize(await source.snapshot(size, AbortSignal.timeout(10_000)))).toEqual(size)
  })

  test('parameter sets in the samples are dropped there, and used when hvcC has none', async () => {
    const movie = readMovie(readFileSync(inBand))
    const { offsets, sizes } = movie.tracks[0]?.samples ?? { offsets: [], sizes: [] }
    const [offset = 0, size = 0] = [offsets[0], sizes[0]]
    const first = readFileSync(inBand).subarray(offset, offset + size)
    expect(Array.from(lengthPrefixedNalUnits(first, 4), hevcNalType)).toEqual([32, 33, 34, 20])
    const bare = clips.file('bare.mp4')
    writeFileSync(bare, withoutArrays(readFileSync(inBand)))
    const [a, b] = [await record(inBand, 3), await record(bare, 3)]
    expect(b.source.description.video).toEqual(a.source.description.video)
    expect(b.init).toEqual(a.init)
    for (const { data, track, isSync } of b.samples)
      if (track === 'video') {
        const types = Array.from(lengthPrefixedNalUnits(data, 4), hevcNalType)
        expect(types).toEqual([isSync ? 20 : 1])
      }
    const whole = clips.file('bare-recording.mp4')
    writeFileSync(whole, join([b.init, ...b.bytes]))
    expect(decodeErrors(whole)).toBe('')
  })

  test('is refused without parameter sets, or with ones that change', async () => {
    const none = clips.file('none.mp4')
    writeFileSync(none, withoutArrays(readFileSync(plain)))
    expect((await errorOf(none))?.message).toMatch(/cannot be used \(.*parameter sets.*\); convert/)
    const damaged = clips.file('damaged.mp4')
    const hvcC = readFileSync(plain)
    hvcC[hvcC.indexOf('hvcC') + 4] = 7
    writeFileSync(damaged, hvcC)
    expect((await errorOf(damaged))?.message).toMatch(
      /cannot be used \(its avcC or hvcC is damaged\)/,
    )
    const other = clips.file('other.mp4')
    const changed = readFileSync(inBand)
    // The last PPS in the samples; that in hvcC stands behind it.
    const pps = changed.lastIndexOf(Buffer.from('4401', 'hex'), changed.indexOf('moov'))
    changed[pps + 4] = (changed[pps + 4] ?? 0) ^ 0x20
    writeFileSync(other, changed)
    const error = await errorOf(other)
    expect([error?.code, error?.message]).toEqual([
      'MEDIA_UNUSABLE_VIDEO',
      expect.stringMatching(/\(its parameter sets change\)/),
    ])
  })

  test('open groups of pictures are no key frames, and delivered all the same', async () => {
    const group = (open: string) =>
      ['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1', '-x265-params'].concat(
        `log-level=error:info=0:keyint=20:min-keyint=20:scenecut=0:bframes=3:b-adapt=0:${open}`,
      )
    const input = pattern({ seconds: 12, rate: 10 })
    const open = clips.make('open.mp4', [...input, ...group('open-gop=1'), ...aac])
    const error = await errorOf(open)
    expect([error?.code, error?.message]).toEqual([
      'MEDIA_KEY_FRAME_DISTANCE',
      expect.stringMatching(/\(12\.0 s but 5 open groups of pictures\); convert it with: ffmpeg/),
    ])
    const short = pattern({ seconds: 9, rate: 10 })
    const mixed = clips.make('mixed.mp4', [...short, ...group('open-gop=1'), ...aac])
    const recording = await record(mixed, 9)
    const video = recording.samples.filter(({ track }) => track === 'video')
    expect(video).toHaveLength(90)
    expect(video.flatMap(({ isSync }, i) => (isSync ? [i] : []))).toEqual([0])
    const inspector = new FragmentInspector(recording.init, { toleranceMs: 10_000 })
    expect(recording.bytes.flatMap(bytes => inspector.inspect(bytes).findings)).toEqual([])
    const whole = clips.file('mixed-recording.mp4')
    writeFileSync(whole, join([recording.init, ...recording.bytes]))
    expect(decodeErrors(whole)).toBe('')
  })

  test('each fragment of a recording has its prft', async () => {
    const { init, bytes } = await record(plain, 12)
    expect(boxTree(init).map(box => box.type)).toEqual(['ftyp', 'moov'])
    expect(
      bytes.map(fragment =>
        boxTree(fragment)
          .map(box => box.type)
          .join(' '),
      ),
    ).toEqual([...Array(3).fill('prft moof mdat')])
    const times = bytes.map(fragment => boxTree(fragment)[0]?.fields)
    const { timescale } = readMovie(join([init, ...bytes])).tracks[0] ?? { timescale: 0 }
    times.forEach((fields, i) => {
      expect(fields).toMatchObject({
        ...{ referenceTrackId: 1, ntpSeconds: 1e9 + 2_208_988_800 + 4 * i, ntpFraction: 0 },
        mediaTime: 4 * i * timescale,
      })
    })
  })

  test('cut or damaged anywhere: played, or refused with our error', async () => {
    const files = [readFileSync(plain), readFileSync(inBand)]
    const path = clips.file('hostile.mp4')
    const mutation = fc.tuple(fc.nat(), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(mutation, { maxLength: 12 }),
        fc.option(fc.nat(), { nil: undefined }),
        fc.constantFrom('anywhere', 'moov'),
        async (file, changes, cut, where) => {
          const bytes = Buffer.from(file)
          const moov = bytes.indexOf('moov')
          for (const [at, byte] of changes)
            bytes[where === 'moov' ? moov + (at % (bytes.length - moov)) : at % bytes.length] = byte
          writeFileSync(path, bytes.subarray(0, cut === undefined ? undefined : cut % bytes.length))
          try {
            await using source = await openSource(path, { clock: new VirtualClock() })
            let left = 50
            for await (const _ of source.samples(AbortSignal.timeout(5000))) if (--left === 0) break
          } catch (error) {
            expect(isMediaError(error), String(error)).toBe(true)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
