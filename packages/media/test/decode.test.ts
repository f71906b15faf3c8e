import { writeFileSync } from 'node:fs'

import { FragmentInspector, readMovie } from '@hksv/fmp4'
import { beforeAll, describe, expect, test } from 'vitest'

import {
  ClipDirectory,
  decodeErrors,
  describeWithFfmpeg,
  frameHashes,
  h264,
  h265,
  packetTimes,
  pattern,
  videoStream,
} from './support/ffmpeg.ts'
import { join, type Recording, record } from './support/record.ts'

interface Clip {
  readonly name: string
  readonly args: readonly string[]
  readonly seconds: number
  readonly isSilent?: boolean
}

const aac = ['-c:a', 'aac']
const fragments = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof']

const clips: readonly Clip[] = [
  {
    name: 'no B frames, moov at the end',
    seconds: 9,
    args: [...pattern({ seconds: 9 }), ...h264(30), ...aac],
  },
  {
    name: 'B frames, 44.1 kHz stereo, moov in front',
    seconds: 8,
    args: [
      ...pattern({ seconds: 8, audioRate: 44_100 }),
      ...h264(30, '-bf', '2', '-movflags', '+faststart'),
      ...[...aac, '-ac', '2'],
    ],
  },
  {
    name: 'video alone',
    seconds: 5,
    isSilent: true,
    args: [...pattern({ seconds: 5 }), '-an', ...h264(15)],
  },
  {
    name: 'variable frame rate',
    seconds: 7.95, // the last picture is shown for 50 ms only
    args: [
      ...pattern({ seconds: 8, rate: 20 }),
      ...['-vf', "select='not(eq(mod(n,4),3))'", '-fps_mode', 'vfr', ...h264(30), ...aac],
    ],
  },
  {
    name: 'fragments',
    seconds: 8,
    args: [...pattern({ seconds: 8 }), ...h264(30), ...aac, ...fragments],
  },
  {
    name: 'delimiters, repeated parameter sets and two slices a picture',
    seconds: 4,
    args: [
      ...pattern({ seconds: 4 }),
      ...h264(15, '-x264-params', 'aud=1:repeat-headers=1:slices=2'),
      ...[...aac, '-ar', '48000'],
    ],
  },
  {
    name: 'baseline in 16 kHz',
    seconds: 4,
    args: [
      ...pattern({ seconds: 4 }),
      ...h264(15, '-profile:v', 'baseline'),
      ...aac,
      '-ar',
      '16000',
    ],
  },
  {
    name: 'H.265, no B frames',
    seconds: 9,
    args: [...pattern({ seconds: 9 }), ...h265(30), ...aac],
  },
  {
    name: 'H.265, B frames, decodable leading pictures, moov in front',
    seconds: 8,
    args: [
      ...pattern({ seconds: 8 }),
      ...h265(30, 'bframes=3:b-adapt=0:radl=2', '-movflags', '+faststart'),
      ...aac,
    ],
  },
  {
    name: 'H.265 in hev1: delimiters, repeated parameter sets, slices',
    seconds: 4,
    args: [
      ...pattern({ seconds: 4 }),
      ...h265(15, 'bframes=0:aud=1:repeat-headers=1:slices=2', '-tag:v', 'hev1'),
      ...aac,
    ],
  },
  {
    name: 'H.265 in fragments, 10 bits',
    seconds: 8,
    args: [
      ...pattern({ seconds: 8 }),
      ...h265(30, 'bframes=0', '-pix_fmt', 'yuv420p10le'),
      ...[...aac, ...fragments],
    ],
  },
]

describeWithFfmpeg('a file, cut into fragments', () => {
  const directory = new ClipDirectory()

  describe.each(clips)('$name', ({ name, args, seconds, isSilent }) => {
    const codec = name.startsWith('H.265') ? 'h265' : 'h264'
    let path = ''
    let recording: Recording
    let whole = ''
    beforeAll(async () => {
      path = directory.make(`${name}.mp4`, args)
      recording = await record(path, seconds)
      whole = directory.file(`${name}-recording.mp4`)
      writeFileSync(whole, join([recording.init, ...recording.bytes]))
    })

    test('passes the inspector', () => {
      // A clip's last fragment may be of any length.
      const inspector = new FragmentInspector(recording.init, { toleranceMs: 4000 })
      const findings = recording.bytes.flatMap(bytes => inspector.inspect(bytes).findings)
      expect([...inspector.init.findings, ...findings]).toEqual([])
    })

    test('decodes without a word, to the pictures of the source', () => {
      expect(decodeErrors(whole)).toBe('')
      expect(frameHashes(whole, 'v')).toEqual(frameHashes(path, 'v'))
      const { packets } = videoStream(path)
      const kind =
        codec === 'h265' ? { codec: 'hevc', tag: 'hvc1' } : { codec: 'h264', tag: 'avc1' }
      expect(videoStream(whole)).toEqual({ ...kind, packets })
    })

    test('carries the audio of the source', () => {
      const { tracks } = readMovie(join([recording.init, ...recording.bytes]))
      expect(tracks.map(track => track.kind)).toEqual(isSilent ? ['video'] : ['video', 'audio'])
      if (isSilent) return
      const sent = frameHashes(whole, 'a', { copy: true })
      const source = frameHashes(path, 'a', { copy: true })
      // The encoder's first frame is priming, or, in fragments, it is not told apart.
      const from = source.indexOf(sent[0] ?? '')
      expect(from).toBeLessThanOrEqual(1)
      expect(sent).toEqual(source.slice(from, from + sent.length))
      expect(source.length - from - sent.length).toBeLessThanOrEqual(2)
    })

    test('keeps the times of the source', () => {
      for (const track of isSilent ? (['v'] as const) : (['v', 'a'] as const)) {
        const sent = packetTimes(whole, track)
        const source = packetTimes(path, track).filter(time => time >= 0)
        const distances = (times: number[]) =>
          times.slice(1).map((time, i) => time - (times[i] ?? 0))
        distances(sent).forEach((distance, i) => {
          if (i > 0) expect(distance).toBeCloseTo(distances(source)[i] ?? 0, 2)
        })
      }
      expect(recording.fragments[0]?.startMs).toBe(0)
    })

    test('every fragment decodes alone', () => {
      recording.bytes.forEach((bytes, i) => {
        const alone = directory.file(`${name}-${i}.mp4`)
        writeFileSync(alone, join([recording.init, bytes]))
        expect(decodeErrors(alone)).toBe('')
        expect(frameHashes(alone, 'v')).toHaveLength(recording.fragments[i]?.video.sampleCount ?? 0)
      })
    })
  })

  test('a loop decodes across its seams', async () => {
    const path = directory.make('short.mp4', [...pattern({ seconds: 3 }), ...h264(15), ...aac])
    const { init, bytes } = await record(path, 10)
    const looped = directory.file('looped.mp4')
    writeFileSync(looped, join([init, ...bytes]))
    expect(decodeErrors(looped)).toBe('')
    const once = frameHashes(path, 'v')
    expect(frameHashes(looped, 'v')).toEqual([...once, ...once, ...once, ...once].slice(0, 150))
  })

  test('a loop of H.265 with B frames too', async () => {
    const b = h265(15, 'bframes=2:b-adapt=0')
    const path = directory.make('short-h265.mp4', [...pattern({ seconds: 3 }), ...b, ...aac])
    const { init, bytes } = await record(path, 10)
    const looped = directory.file('looped-h265.mp4')
    writeFileSync(looped, join([init, ...bytes]))
    expect(decodeErrors(looped)).toBe('')
    const once = frameHashes(path, 'v')
    expect(frameHashes(looped, 'v')).toEqual([...once, ...once, ...once, ...once].slice(0, 150))
  })
})
