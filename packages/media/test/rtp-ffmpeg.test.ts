import { readFileSync } from 'node:fs'

import { type Movie, type MovieTrack, readMovie } from '@hksv/fmp4'
import { lengthPrefixedPicture } from '@hksv/media'
import { beforeAll, expect, test } from 'vitest'
import {
  ClipDirectory,
  decodeErrors,
  describeWithFfmpeg,
  frameHashes,
  h264,
  h265,
  pattern,
} from './support/ffmpeg.ts'
import { type Received, toHex } from './support/rtp-receive.ts'
import { recordSent, through } from './support/rtp-sender.ts'

const second = 90_000

function trackOf({ tracks }: Movie, kind: 'video' | 'audio'): MovieTrack {
  const track = tracks.find(one => one.kind === kind)
  if (track === undefined) throw new Error(`no ${kind}`)
  return track
}

interface Expected {
  readonly hex: string
  readonly isSync: boolean
  /** When it is shown, in seconds after the first one. */
  readonly shownAt: number
}

/** What the samples of a file are. */
function samplesOf(path: string, kind: 'video' | 'audio'): Expected[] {
  const bytes = readFileSync(path)
  const { samples: table, timescale, avc, hevc } = trackOf(readMovie(bytes), kind)
  return Array.from({ length: table.count }, (_, i) => {
    const start = table.offsets[i] ?? 0
    const data = new Uint8Array(bytes.subarray(start, start + (table.sizes[i] ?? 0)))
    const codec = hevc === undefined ? 'h264' : 'h265'
    const picture =
      avc === undefined && hevc === undefined
        ? { data, isSync: true }
        : lengthPrefixedPicture(data, { codec, lengthSize: 4 })
    const shownAt = ((table.decodeTimes[i] ?? 0) + (table.compositionOffsets?.[i] ?? 0)) / timescale
    return {
      hex: toHex(picture?.data ?? new Uint8Array()),
      isSync: picture?.isSync ?? false,
      shownAt,
    }
  })
}

const relative = (times: readonly number[]) => times.map(time => time - (times[0] ?? 0))

/** Compares samples byte for byte, and times up to the rounding of both clocks. */
function compare({ samples, notes }: Received, expected: readonly Expected[], rate: number): void {
  expect(notes).toEqual([])
  expect(samples.map(({ data }) => toHex(data))).toEqual(expected.map(({ hex }) => hex))
  expect(samples.map(({ isSync }) => isSync)).toEqual(expected.map(({ isSync }) => isSync))
  const shown = samples.map(one => one.decodeTime + (one.compositionTimeOffset ?? 0))
  const wanted = relative(expected.map(({ shownAt }) => shownAt * rate))
  for (const [i, time] of relative(shown).entries())
    expect(Math.abs(time - (wanted[i] ?? 0))).toBeLessThanOrEqual(1)
}

describeWithFfmpeg('what ffmpeg sends', () => {
  const clips = new ClipDirectory()
  let plain = ''
  beforeAll(() => {
    plain = clips.make('plain.mp4', [...pattern(), ...h264(15), '-c:a', 'aac'])
  })

  test('H.264', async () => {
    const received = await through(plain, 'v')
    compare(received, samplesOf(plain, 'video'), second)
    // They are in the SDP: there are none among the pictures of this file.
    const { sps = [], pps = [] } = trackOf(readMovie(readFileSync(plain)), 'video').avc ?? {}
    const exact = (sets: readonly Uint8Array[]) => sets.map(nal => new Uint8Array(nal))
    expect(received.parameters).toEqual([{ codec: 'h264', sps: exact(sps), pps: exact(pps) }])
    expect(received.samples.some(sample => 'compositionTimeOffset' in sample)).toBe(false)
  })

  test('H.264 with B frames, several slices, delimiters and repeated headers', async () => {
    const x264 = ['-bf', '3', '-x264-params', 'slices=4:aud=1:repeat-headers=1:b-pyramid=normal']
    const path = clips.make('slices.mp4', [...pattern({ size: '320x240' }), ...h264(15), ...x264])
    const received = await through(path, 'v')
    const expected = samplesOf(path, 'video')
    compare(received, expected, second)
    // Decoded in order, each after the one before, and none after it is shown by more than the reordering.
    const times = received.samples.map(sample => sample.decodeTime)
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true)
    const sorted = expected.map(({ shownAt }) => shownAt * second).sort((a, b) => a - b)
    for (const [i, time] of relative(times).entries())
      expect(Math.abs(time - (sorted[i] ?? 0) + (sorted[0] ?? 0))).toBeLessThanOrEqual(1)
  })

  test('H.265', async () => {
    const path = clips.make('hevc.mp4', [...pattern({ size: '320x240' }), ...h265(15)])
    compare(await through(path, 'v'), samplesOf(path, 'video'), second)
  })

  test('H.265 with B frames and several slices', async () => {
    const x265 = h265(15, 'bframes=3:slices=2:repeat-headers=1:aud=1')
    const path = clips.make('hevc-b.mp4', [...pattern({ size: '320x240' }), ...x265])
    compare(await through(path, 'v'), samplesOf(path, 'video'), second)
  })

  test('AAC', async () => {
    const received = await through(plain, 'a')
    // The sender packs several frames into a packet, and at its end forgets the packet it has begun.
    const expected = samplesOf(plain, 'audio')
    const count = received.samples.length
    expect(count).toBeGreaterThan(expected.length - 6)
    compare(received, expected.slice(0, count), 32_000)
    expect(received.parameters).toMatchObject([
      { codec: 'aac', objectType: 2, sampleRate: 32_000, channels: 1, frameLength: 1024 },
    ])
    const times = relative(received.samples.map(sample => sample.decodeTime))
    expect(times).toEqual(times.map((_, i) => i * 1024))
  })

  test('is recorded: with B frames and sound, and every picture can be decoded', async () => {
    const made = [...pattern(), ...h264(15), '-bf', '2', '-c:a', 'aac']
    const path = clips.make('both.mp4', made)
    const recording = clips.file('recording.mp4')
    expect(await recordSent(path, recording)).toBe(3)
    expect(decodeErrors(recording)).toBe('')
    expect(frameHashes(recording, 'v')).toEqual(frameHashes(path, 'v'))
  })

  test('AAC as LATM', async () => {
    const received = await through(plain, 'a', ['-rtpflags', 'latm'])
    compare(received, samplesOf(plain, 'audio'), 32_000)
  })
})
