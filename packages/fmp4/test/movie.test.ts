import {
  boxTree,
  type MovieTrack,
  movieReader,
  parseHevcConfiguration,
  parseHevcSps,
  readMovie,
} from '@hksv/fmp4'
import { describe, expect, test } from 'vitest'

import { findBox, patch32 } from './support/patch.ts'
import { accepted, codeOf, refused } from './support/vectors.ts'

type Row = [
  decodeTime: number,
  presentationTime: number,
  bytes: number,
  offset: number,
  sync: boolean,
]

interface Expected {
  isFragmented: boolean
  /** Of H.265. */
  codec?: string
  timescale?: number
  video: Row[]
  audio: Row[]
}

function rowsOf({ samples, presentationOffset }: MovieTrack): Row[] {
  return Array.from(samples.decodeTimes, (time, i): Row => {
    const decodeTime = time + presentationOffset
    const presentationTime = decodeTime + (samples.compositionOffsets?.[i] ?? 0)
    const [size = 0, offset = 0] = [samples.sizes[i], samples.offsets[i]]
    return [decodeTime, presentationTime, size, offset, samples.isSync[i] === 1]
  })
}

describe('files', () => {
  test.each(accepted<Expected>('movies'))('$name', ({ bytes, value }) => {
    const movie = readMovie(bytes)
    expect(movie.isFragmented).toBe(value.isFragmented)
    const [video, audio] = movie.tracks as [MovieTrack, MovieTrack]
    expect(rowsOf(video)).toEqual(value.video)
    expect(rowsOf(audio)).toEqual(value.audio)
    expect(video).toMatchObject({ kind: 'video', codec: 'avc1', width: 64, height: 48 })
    expect(audio).toMatchObject({ kind: 'audio', codec: 'mp4a', timescale: 8000 })
    expect([video.avc?.sps.length, video.avc?.pps.length]).toEqual([1, 1])
    // ffmpeg rounds 0.8 s up to a whole frame in one and not in the other.
    expect(video.samples.endTime).toBe(8192)
  })

  test.each(accepted<Expected>('hevc-movies'))('$name', ({ bytes, value }) => {
    const { tracks, isFragmented } = readMovie(bytes)
    const [video, audio] = tracks as [MovieTrack, MovieTrack]
    const { codec, timescale } = value
    expect({ isFragmented, video: rowsOf(video), audio: rowsOf(audio) }).toEqual({
      ...{ isFragmented: value.isFragmented, video: value.video, audio: value.audio },
    })
    expect(video).toMatchObject({ kind: 'video', codec, timescale, width: 64, height: 48 })
    expect(video.avc).toBeUndefined()
    const { vps, sps, pps, isComplete } = video.hevc ?? parseHevcConfiguration(new Uint8Array())
    expect([vps, sps, pps].map(sets => sets.length)).toEqual([1, 1, 1])
    expect(isComplete).toBe(codec === 'hvc1')
    expect(parseHevcSps(sps[0] ?? new Uint8Array())).toMatchObject({ width: 64, height: 48 })
  })

  test.each([...refused('movies'), ...refused('hevc-movies')])(
    'refused: $name',
    ({ bytes, error }) => {
      expect(codeOf(() => readMovie(bytes))).toBe(error)
    },
  )

  test.each([...accepted<Expected>('movies'), ...accepted<Expected>('hevc-movies')])(
    '$name: every cut is refused or read',
    ({ bytes }) => {
      for (let length = 0; length < bytes.length; length++) {
        const code = codeOf(() => readMovie(bytes.subarray(0, length)))
        if (code !== undefined) expect(code).toMatch(/^FMP4_(NOT_MP4|TRUNCATED|BOX_MISSING)$/)
      }
    },
  )
})

test('media data is never asked for', () => {
  for (const { bytes } of accepted<Expected>('movies')) {
    const mdats = boxTree(bytes).filter(box => box.type === 'mdat')
    const reader = movieReader(bytes.length)
    let step = reader.next()
    while (!step.done) {
      const { offset, length } = step.value
      expect(offset + length).toBeLessThanOrEqual(bytes.length)
      for (const mdat of mdats) {
        const isInside = offset < mdat.offset + mdat.size && offset + length > mdat.offset + 16
        expect(isInside).toBe(false)
      }
      step = reader.next(bytes.subarray(offset, offset + length))
    }
  }
})

describe('hostile counts', () => {
  const [plain] = accepted<Expected>('movies')
  const bytes = plain?.bytes ?? new Uint8Array()

  test('a moov of 2 GB is not asked for', () => {
    const reader = movieReader(2 ** 31)
    reader.next()
    const header = Buffer.concat([
      Buffer.from('7fffffff', 'hex'),
      Buffer.from('moov'),
      Buffer.alloc(8),
    ])
    expect(codeOf(() => reader.next(new Uint8Array(header)))).toBe('FMP4_LIMIT')
  })

  test.each([
    ['stco', 8],
    ['stsc', 8],
    ['stts', 8],
    ['ctts', 8],
    ['elst', 8],
    ['stss', 8],
  ])('entry count of %s', (type, skip) => {
    const box = findBox(bytes, type)
    const hostile = patch32(bytes, box.offset + skip + 4, () => 0xffffffff)
    expect(codeOf(() => readMovie(hostile))).toBe('FMP4_BOX_SIZE')
  })

  test('boxes inside of boxes without end', () => {
    let nested = new Uint8Array()
    for (let i = 0; i < 40; i++) {
      const outer = new Uint8Array(nested.length + 8)
      new DataView(outer.buffer).setUint32(0, outer.length)
      outer.set(Buffer.from('trak'), 4)
      outer.set(nested, 8)
      nested = outer
    }
    expect(codeOf(() => boxTree(nested))).toBe('FMP4_LIMIT')
  })

  test('more boxes than anybody needs', () => {
    const many = new Uint8Array(8 * 10_001)
    const view = new DataView(many.buffer)
    for (let at = 0; at < many.length; at += 8) view.setUint32(at, 8)
    expect(codeOf(() => boxTree(many))).toBe('FMP4_LIMIT')
  })
})
