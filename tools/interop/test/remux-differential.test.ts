import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  type Seen,
  seenByFfprobe,
  seenByMediabunny,
  seenByOurs,
  slicesAndSei,
  type Track,
  withFfmpeg,
  withMediabunny,
  withOurs,
} from './support/remuxers.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

interface Stream {
  readonly codec: 'h264' | 'h265'
  readonly keySeconds: number
  /** Nothing for video alone. */
  readonly audioRate?: number
  readonly options: readonly string[]
}

const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '38']
const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-crf', '40', '-tag:v', 'hvc1']
const plain = [...x264, '-bf', '0']
const hevc = (options: string) => [
  ...[...x265, '-x265-params'],
  `log-level=error:scenecut=0:open-gop=0:${options}`,
]
const everyThird = ['-vf', "select='not(eq(mod(n,4),3))'", '-fps_mode', 'vfr']

const streams: Readonly<Record<string, Stream>> = {
  'B frames': { codec: 'h264', keySeconds: 2, audioRate: 8000, options: [...x264, '-bf', '2'] },
  'delimiters, repeated parameter sets, four slices': {
    ...{ codec: 'h264', keySeconds: 1, audioRate: 16_000 },
    options: [...plain, '-x264-params', 'aud=1:repeat-headers=1:slices=4'],
  },
  'key frames 4 s apart': { codec: 'h264', keySeconds: 4, audioRate: 24_000, options: plain },
  'key frames 5 s apart': { codec: 'h264', keySeconds: 5, audioRate: 44_100, options: plain },
  'variable frame rate': {
    ...{ codec: 'h264', keySeconds: 2, audioRate: 48_000 },
    options: [...everyThird, ...plain],
  },
  'video alone': { codec: 'h264', keySeconds: 2, options: plain },
  'H.265': { codec: 'h265', keySeconds: 2, audioRate: 32_000, options: hevc('bframes=0') },
  'H.265, B frames, slices': {
    ...{ codec: 'h265', keySeconds: 4, audioRate: 48_000 },
    options: hevc('bframes=2:b-adapt=0:slices=2:aud=1:repeat-headers=1'),
  },
}
const RATE = 15
const SECONDS = 11

const hash = (data: Uint8Array) => createHash('md5').update(data).digest('hex')
/** Seconds between each sample and the first. */
const since = (times: readonly number[]) => times.map(time => time - (times[0] ?? 0))

/** All samples are there, in order, with the same bytes and flags. */
function expectSame(
  ours: readonly Seen[],
  theirs: readonly Seen[],
  keep = (data: Uint8Array) => data,
) {
  expect(ours.map(({ data }) => data.length)).toEqual(theirs.map(({ data }) => keep(data).length))
  expect(ours.map(({ data }) => hash(data))).toEqual(theirs.map(({ data }) => hash(keep(data))))
  expect(ours.map(({ isSync }) => isSync)).toEqual(theirs.map(({ isSync }) => isSync))
}

/** The times run alike, to less than `within` seconds. */
function expectTimes(
  which: 'decodeTime' | 'presentationTime',
  ours: readonly Omit<Seen, 'data'>[],
  theirs: readonly Omit<Seen, 'data'>[],
  within: number,
) {
  const [a, b] = [since(ours.map(s => s[which])), since(theirs.map(s => s[which]))]
  const worst = Math.max(...a.map((time, i) => Math.abs(time - (b[i] ?? Number.NaN))))
  expect(worst).toBeLessThan(within)
}

function pictureHashes(path: string): string[] {
  const args = ['-v', 'error', '-xerror', '-i', path, '-map', '0:v', '-fps_mode', 'passthrough']
  const { stdout, stderr } = spawnSync('ffmpeg', [...args, '-f', 'framemd5', '-'], {
    ...{ encoding: 'utf8', maxBuffer: 2 ** 26 },
  })
  expect(stderr).toBe('')
  return stdout
    .split('\n')
    .flatMap(line => (/^\d/.test(line) ? [line.split(',')[5]?.trim()] : [])) as string[]
}

describe.skipIf(!hasFfmpeg)('the same stream, remuxed by us, by ffmpeg and by mediabunny', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-remux-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  describe.each(Object.entries(streams))('%s', (name, stream) => {
    const { codec, keySeconds, audioRate, options } = stream
    const path = (who: string) => join(directory, `${name} ${who}.mp4`)
    const files: Record<'ours' | 'ffmpeg' | 'mediabunny', Uint8Array> = {
      ...{ ours: new Uint8Array(), ffmpeg: new Uint8Array(), mediabunny: new Uint8Array() },
    }
    const keep = (data: Uint8Array) => slicesAndSei(codec, data)
    beforeAll(async () => {
      const picture = `testsrc2=size=160x120:rate=${RATE}:duration=${SECONDS}`
      const tone = `sine=frequency=440:sample_rate=${audioRate ?? 8000}:duration=${SECONDS}`
      const keys = ['-force_key_frames', `expr:gte(t,n_forced*${keySeconds})`, '-g', '300']
      execFileSync('ffmpeg', [
        ...['-v', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i', picture],
        ...['-f', 'lavfi', '-i', tone, ...options, ...keys],
        ...(audioRate === undefined ? ['-an'] : ['-c:a', 'aac', '-ac', '1']),
        path('source'),
      ])
      files.ffmpeg = withFfmpeg(path('source'), path('ffmpeg'))
      files.mediabunny = await withMediabunny(new Uint8Array(readFileSync(path('source'))))
      files.ours = await withOurs(path('source'), seenByOurs(files.ffmpeg, 'video').length)
      writeFileSync(path('ours'), files.ours)
      writeFileSync(path('mediabunny'), files.mediabunny)
    })
    const ours = (track: Track) => seenByOurs(files.ours, track)

    test('the pictures are the same', () => {
      const mine = ours('video')
      const theirs = seenByOurs(files.ffmpeg, 'video')
      expectSame(mine, theirs, keep)
      expect(mine.filter(({ isSync }) => isSync)).toHaveLength(Math.ceil(SECONDS / keySeconds))
      // Both have the source's own timescale, or a multiple of it.
      expectTimes('decodeTime', mine, theirs, 1e-9)
      expectTimes('presentationTime', mine, theirs, 1e-9)
      const bunny = seenByOurs(files.mediabunny, 'video')
      expectSame(mine, bunny, keep)
      // It makes decode times of the presentation times, in its own timescale.
      expectTimes('presentationTime', mine, bunny, 1 / 10_000)
    })

    test('the frames of AAC are the same', () => {
      const mine = ours('audio')
      const theirs = seenByOurs(files.ffmpeg, 'audio')
      if (audioRate === undefined) return expect([mine, theirs]).toEqual([[], []])
      // The encoder's priming is left out, and what begins after the last picture has ended.
      const from = theirs.findIndex(({ data }) => hash(data) === hash(mine[0]?.data ?? data))
      expect(from).toBeLessThanOrEqual(1)
      const heard = theirs.slice(from, from + mine.length)
      expectSame(mine, heard)
      expectTimes('decodeTime', mine, heard, 1e-9)
      expect(theirs.length - from - mine.length).toBeLessThanOrEqual(2)
      const bunny = seenByOurs(files.mediabunny, 'audio')
      const at = bunny.findIndex(({ data }) => hash(data) === hash(mine[0]?.data ?? data))
      expectSame(mine, bunny.slice(at, at + mine.length))
    })

    test('other readers see in ours what our reader sees', async () => {
      for (const track of ['video', 'audio'] as const) {
        const mine = ours(track)
        const probed = seenByFfprobe(path('ours'), track)
        expect(probed.map(({ size }) => size)).toEqual(mine.map(({ data }) => data.length))
        expect(probed.map(({ isSync }) => isSync)).toEqual(mine.map(({ isSync }) => isSync))
        // It prints microseconds.
        expectTimes('decodeTime', probed, mine, 2e-6)
        expectTimes('presentationTime', probed, mine, 2e-6)
        const bunny = await seenByMediabunny(files.ours, track)
        expectSame(bunny, mine)
        expectTimes('presentationTime', bunny, mine, 1e-6)
      }
    })

    test('decodes to the same pictures', () => {
      const hashes = pictureHashes(path('ours'))
      expect(hashes).toHaveLength(ours('video').length)
      expect(hashes).toEqual(pictureHashes(path('ffmpeg')))
      expect(hashes).toEqual(pictureHashes(path('mediabunny')))
    })
  })
})
