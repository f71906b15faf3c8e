import { readFileSync } from 'node:fs'

import { readMovie } from '@hksv/fmp4'
import { lengthPrefixedPicture } from '@hksv/media'
import {
  type AccessUnit,
  type AdtsFrame,
  AdtsReader,
  AdtsWriter,
  AnnexBReader,
  isAdtsConfig,
} from '@hksv/media/bitstream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { ClipDirectory, describeWithFfmpeg, h264, h265, pattern } from './support/ffmpeg.ts'

const clips = new ClipDirectory()

interface Kept {
  readonly data: string
  readonly isSync: boolean
}

function readAnnexB(
  codec: 'h264' | 'h265',
  pieces: Iterable<Uint8Array>,
  maxPictureBytes?: number,
): { reader: AnnexBReader; pictures: Kept[] } {
  const reader = new AnnexBReader({
    codec,
    ...(maxPictureBytes === undefined ? {} : { maxPictureBytes }),
  })
  const pictures: Kept[] = []
  const keep = ({ data, isSync }: AccessUnit) =>
    pictures.push({ data: Buffer.from(data).toString('hex'), isSync })
  for (const piece of pieces) {
    // Whoever hands it over may use its memory again.
    const lent = piece.slice()
    reader.push(lent, keep)
    lent.fill(0xff)
  }
  reader.flush(keep)
  return { reader, pictures }
}

function readAdts(pieces: Iterable<Uint8Array>): { data: string; config: AdtsFrame['config'] }[] {
  const reader = new AdtsReader()
  const frames: { data: string; config: AdtsFrame['config'] }[] = []
  const keep = ({ data, config }: AdtsFrame) =>
    frames.push({ data: Buffer.from(data).toString('hex'), config })
  for (const piece of pieces) {
    const lent = piece.slice()
    reader.push(lent, keep)
    lent.fill(0xff)
  }
  reader.flush(keep)
  return frames
}

/** The pictures of an MP4 file, as they would be recorded. */
function picturesOf(codec: 'h264' | 'h265', bytes: Uint8Array): Kept[] {
  const samples = readMovie(bytes).tracks[0]?.samples
  return Array.from({ length: samples?.count ?? 0 }, (_, i) => {
    const start = samples?.offsets[i] ?? 0
    const sample = bytes.subarray(start, start + (samples?.sizes[i] ?? 0))
    const { data, isSync } = lengthPrefixedPicture(sample, { codec, lengthSize: 4 }) ?? {}
    return { data: Buffer.from(data ?? []).toString('hex'), isSync: isSync === true }
  })
}

/** The same bytes in pieces of these lengths, again and again. */
function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    yield bytes.subarray(at, at + length)
    at += length
  }
}

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const sps = '67 42c01e da 0280f6'
const pps = '68 ce3c80'

describeWithFfmpeg('byte streams of real encoders', () => {
  test.each([
    ['h264', 'one slice', h264(10)],
    ['h264', 'four slices', h264(10, '-x264-params', 'slices=4')],
    ['h264', 'B frames and delimiters', h264(10, '-bf', '2', '-x264-params', 'aud=1')],
    ['h265', 'B frames', h265(10, 'bframes=2')],
  ] as const)(
    '%s with %s is what an MP4 of it holds, cut anywhere',
    async (codec, name, encode) => {
      const movie = clips.make(`${codec} ${name}.mp4`, [
        ...pattern({ seconds: 2 }),
        ...encode,
        '-an',
      ])
      const filter = codec === 'h264' ? 'h264_mp4toannexb' : 'hevc_mp4toannexb'
      const raw = clips.make(`${codec} ${name}.${codec}`, [
        ...['-i', movie, '-c', 'copy', '-bsf:v', filter, '-f', codec === 'h264' ? 'h264' : 'hevc'],
      ])
      const bytes = new Uint8Array(readFileSync(raw))
      const whole = readAnnexB(codec, [bytes])
      expect(whole.pictures).toEqual(picturesOf(codec, new Uint8Array(readFileSync(movie))))
      expect(whole.pictures).toHaveLength(30)
      expect(whole.pictures.filter(({ isSync }) => isSync)).toHaveLength(3)
      expect(whole.reader.parameters()?.sps).toHaveLength(1)
      for (const lengths of [[1], [7], [1000, 3, 1], [65_536]]) {
        expect(readAnnexB(codec, cut(bytes, lengths)).pictures).toEqual(whole.pictures)
      }
    },
  )

  test('ADTS is what an MP4 of it holds, cut anywhere', () => {
    const adts = clips.make('tone.aac', [...pattern(), '-vn', '-c:a', 'aac', '-f', 'adts'])
    const bytes = new Uint8Array(readFileSync(adts))
    const whole = readAdts([bytes])
    expect(whole.length).toBeGreaterThan(90)
    expect(whole[0]?.config).toEqual({
      objectType: 2,
      sampleRate: 32_000,
      channels: 1,
      frameLength: 1024,
    })
    const total = whole.reduce((sum, { data }) => sum + data.length / 2 + 7, 0)
    expect(total).toBe(bytes.length)
    for (const lengths of [[1], [9, 2], [333], [4096]]) {
      expect(readAdts(cut(bytes, lengths))).toEqual(whole)
    }
  })

  test.each([
    ...[8000, 16_000, 24_000, 32_000, 44_100, 48_000].map(rate => [rate, 1] as const),
    [48_000, 2],
    [48_000, 6],
  ] as const)('frames of %i Hz and %i channels are written as ffmpeg does', (rate, channels) => {
    const name = `written-${rate}-${channels}.aac`
    const encode = ['-vn', '-c:a', 'aac', '-ar', `${rate}`, '-ac', `${channels}`, '-f', 'adts']
    const bytes = readFileSync(clips.make(name, [...pattern({ seconds: 1 }), ...encode]))
    const written: Uint8Array[] = []
    const write = ({ data, config }: AdtsFrame) => written.push(new AdtsWriter(config).frame(data))
    const reader = new AdtsReader()
    reader.push(bytes, write)
    reader.flush(write)
    expect(Buffer.concat(written).equals(bytes)).toBe(true)
  })
})

describe('AdtsWriter', () => {
  const config = { objectType: 2, sampleRate: 16_000, channels: 2, frameLength: 1024 }

  test('writes the header bit for bit, and takes frames up to what 13 bits can say', () => {
    const writer = new AdtsWriter(config)
    expect(Buffer.from(writer.frame(hex('aabb'))).toString('hex')).toBe('fff16080013ffcaabb')
    expect(writer.frame(new Uint8Array(8184)).subarray(3, 6)).toEqual(hex('83 ff ff'))
    expect(() => writer.frame(new Uint8Array(8185))).toThrow(RangeError)
  })

  test.each([
    ['AAC-ELD', { objectType: 39, frameLength: 512 }],
    ['SBR', { objectType: 5 }],
    ['frames of 960 samples', { frameLength: 960 }],
    ['a rate without a number', { sampleRate: 44_000 }],
    ['seven channels', { channels: 7 }],
  ])('cannot say %s', (_, change) => {
    expect(isAdtsConfig({ ...config, ...change })).toBe(false)
    expect(() => new AdtsWriter({ ...config, ...change })).toThrow(RangeError)
  })
})

describe('AnnexBReader', () => {
  test('ends a picture where the next one begins, whatever begins it', () => {
    const stream = hex(
      `00000001 09 10 00000001 ${sps} 00000001 ${pps} 000001 06 05 000001 65 88 01 000001 65 48 02` +
        `00000001 41 9a 03 000001 41 5a 04 00 000001 06 01 000001 41 9a 05`,
    )
    const { pictures, reader } = readAnnexB('h264', [stream])
    expect(pictures).toEqual([
      { data: '0000000206050000000365880100000003654802', isSync: true },
      { data: '00000003419a0300000003415a04', isSync: false },
      { data: '00000002060100000003419a05', isSync: false },
    ])
    expect(reader.parameters()).toEqual({ codec: 'h264', sps: [hex(sps)], pps: [hex(pps)] })
    expect(reader.isChanged).toBe(false)
  })

  // Types: 26 IDR_W_RADL, 02 TRAIL_R, 40 VPS, 46 AUD, 4e prefix SEI, 50 suffix SEI, 52 reserved, 4a EOB.
  test.each([
    ['a delimiter', '4601 10'],
    ['a parameter set', '4001 0c'],
    ['an SEI before it', '4e01 05', '000000034e0105'],
    ['what is reserved for later', '5201 05'],
    ['what is specified elsewhere', '6001 05'],
    ['nothing but a first slice', undefined],
  ])('ends an H.265 picture where the next one begins, with %s', (_, opening, kept = '') => {
    const second = `000001 0201 40 02 ${opening ? `000001 ${opening}` : ''} 000001 0201 80 03`
    const { pictures } = readAnnexB('h265', [hex(`000001 0201 80 01 ${second}`)])
    expect(pictures).toEqual([
      { data: '00000004020180010000000402014002', isSync: false },
      { data: `${kept}0000000402018003`, isSync: false },
    ])
  })

  test('keeps what closes an H.265 picture with it, and pictures of other layers out', () => {
    // A slice of layer 1 stands between the two, and looks like the first one of a picture.
    const stream = hex(
      '000001 2601 80 01 000001 2609 80 02 000001 5001 07 000001 4a01 000001 0201 80 03',
    )
    expect(readAnnexB('h265', [stream]).pictures).toEqual([
      { data: '000000042601800100000003500107', isSync: true },
      { data: '0000000402018003', isSync: false },
    ])
  })

  test('takes a unit that is longer than any of its pieces', () => {
    const unit = `65 ${'a5'.repeat(20_000)}`
    const { pictures } = readAnnexB('h264', cut(hex(`000001 ${unit} 000001 41 9a`), [1500]))
    expect(pictures.map(({ data }) => data)).toEqual([
      `00004e21${unit.replace(' ', '')}`,
      '00000002419a',
    ])
  })

  test('leaves out a picture that grows too large slice by slice', () => {
    const slices = `000001 65 80 ${'55'.repeat(30)} ${`000001 65 40 ${'55'.repeat(30)}`.repeat(3)}`
    const { pictures } = readAnnexB('h264', [hex(`${slices} 000001 41 9a 05`)], 64)
    expect(pictures.map(({ data }) => data)).toEqual(['00000003419a05'])
  })

  test('calls no picture a key one that has other slices too', () => {
    const { pictures } = readAnnexB('h264', [hex('000001 65 88 01 000001 41 48 02')])
    expect(pictures).toEqual([{ data: '0000000365880100000003414802', isSync: false }])
  })

  test('leaves out what is too large, and goes on behind it', () => {
    const large = `000001 41 9a ${'55'.repeat(200)}`
    const stream = hex(`000001 65 88 01 ${large} 000001 41 9a 05`)
    for (const lengths of [[1], [50], [1000]]) {
      const { pictures } = readAnnexB('h264', cut(stream, lengths), 64)
      expect(pictures.map(({ data }) => data)).toEqual(['00000003658801', '00000003419a05'])
    }
  })

  test('takes any bytes in any pieces, and says the same of them', () => {
    const byte = fc.oneof(fc.constantFrom(0, 0, 0, 1, 0x65, 0x41, 0x67), fc.nat(255))
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }).chain(() => fc.array(byte, { maxLength: 300 })),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('h264' as const, 'h265' as const),
        (bytes, lengths, codec) => {
          const stream = Uint8Array.from(bytes)
          const { pictures } = readAnnexB(codec, [stream])
          expect(readAnnexB(codec, cut(stream, lengths)).pictures).toEqual(pictures)
        },
      ),
    )
  })
})

describe('AdtsReader', () => {
  const frame = 'fff1 6c40 017f fc aabbccdd'

  test('passes over what is no frame, also what only looks like a header', () => {
    const stream = hex(`00ff fff1 ${frame} ${frame}`)
    expect(readAdts([stream]).map(({ data }) => data)).toEqual(['aabbccdd', 'aabbccdd'])
  })

  test('leaves the checksum out', () => {
    const checked = 'fff0 6c40 01bf fc 1234 aabbccdd'
    expect(readAdts([hex(`${checked}${frame}`)]).map(({ data }) => data)).toEqual([
      'aabbccdd',
      'aabbccdd',
    ])
  })

  test.each([
    ['several blocks', 'fff1 6c40 017f fd aabbccdd'],
    ['channels that only the AAC bits describe', 'fff1 6c00 017f fc aabbccdd'],
    ['a rate that is reserved', 'fff1 7440 017f fc aabbccdd'],
    ['a frame that is cut short', 'fff1 6c40 017f fc aabb'],
    ['no frame at all', 'ffffffffffffffffffffffff'],
  ])('leaves out %s', (_, bytes) => {
    expect(readAdts([hex(bytes)])).toEqual([])
  })

  test('takes any bytes in any pieces, and says the same of them', () => {
    const byte = fc.oneof(fc.constantFrom(0xff, 0xf1, 0x6c, 0x40, 0x01, 0x7f, 0xfc), fc.nat(255))
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            byte.map(one => [one]),
            fc.constant([...hex(frame)]),
          ),
          { maxLength: 60 },
        ),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
        (parts, lengths) => {
          const stream = Uint8Array.from(parts.flat())
          expect(readAdts(cut(stream, lengths))).toEqual(readAdts([stream]))
        },
      ),
    )
  })
})
