import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import {
  type Fragment,
  Fragmenter,
  initSegment,
  type MediaSample,
  type MovieTrack,
  readMovie,
  renderFragment,
} from '@hksv/fmp4'
import { lengthPrefixedPicture } from '@hksv/media'
import { type Browser, launch, type Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const CHROMIUM = '/usr/bin/chromium'
const { CI } = process.env
// Left out where there is no browser, but not in CI.
const isLeftOut = !existsSync(CHROMIUM) && CI !== 'true'
const directory = mkdtempSync(join(tmpdir(), 'hksv-browser-'))

let browser: Browser | undefined
let page: Page

beforeAll(async () => {
  if (isLeftOut) return
  // In a container there is no sandbox to be had, and nothing but our own page is opened.
  browser = await launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  page = await browser.newPage()
  const script = new URL('../peers/media-source-page.js', import.meta.url)
  await page.addScriptTag({ content: readFileSync(script, 'utf8') })
}, 60_000)

afterAll(async () => {
  await browser?.close()
  rmSync(directory, { recursive: true, force: true })
})

/** A recording as a hub receives it. */
interface Recording {
  readonly init: Uint8Array
  readonly fragments: readonly Uint8Array[]
  /** When each fragment begins, and the last one ends, in seconds. */
  readonly times: readonly number[]
}

/** What ffmpeg makes of these arguments, in fragments of about 2 s. */
function record(name: string, encoder: readonly string[], isSegment: boolean): Recording {
  const path = join(directory, `${name}.mp4`)
  const picture = ['-f', 'lavfi', '-t', '9', '-i', 'testsrc2=size=160x120:rate=15']
  const tone = ['-f', 'lavfi', '-t', '9', '-i', 'sine=frequency=440:sample_rate=32000']
  const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '30', '-sc_threshold', '0']
  const args = [...picture, ...tone, ...x264, ...encoder, '-c:a', 'aac', path]
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args])
  const bytes = new Uint8Array(readFileSync(path))
  const { tracks } = readMovie(bytes)
  const video = tracks.find(({ kind }) => kind === 'video')
  const audio = tracks.find(({ kind }) => kind === 'audio')
  const { avc, timescale = 1, width = 0, height = 0 } = video ?? {}
  if (video === undefined || audio === undefined || avc === undefined) throw new Error('no tracks')
  const { audioSpecificConfig = new Uint8Array(), timescale: sampleRate } = audio
  const fragmenter = new Fragmenter({
    video: { timescale },
    audio: { sampleRate, frameLength: 1024 },
    fragmentDurationMs: 2000,
  })
  const made: Fragment[] = []
  const samples = [...samplesOf(bytes, video), ...samplesOf(bytes, audio)].toSorted(
    (a, b) => a.seconds - b.seconds,
  )
  for (const { sample } of samples) made.push(...[fragmenter.push(sample) ?? []].flat())
  for (let left = fragmenter.flush(); left; left = fragmenter.flush()) made.push(left)
  const videoTime = made[0]?.video.decodeTime ?? 0
  const lengths = made.map(fragment => fragment.video.durations.reduce((sum, one) => sum + one, 0))
  const times = [0]
  for (const length of lengths) times.push((times.at(-1) ?? 0) + length / timescale)
  return {
    init: initSegment({
      video: { codec: 'avc1', trackId: 1, timescale, width, height, sps: avc.sps, pps: avc.pps },
      audio: { codec: 'mp4a', trackId: 2, sampleRate, channels: 1, audioSpecificConfig },
    }),
    fragments: made.map((fragment, i) => {
      const options = { sequenceNumber: i + 1, origin: { videoTime }, withAudio: true, isSegment }
      return new Uint8Array(Buffer.concat(renderFragment(fragment, options)))
    }),
    times,
  }
}

function samplesOf(bytes: Uint8Array, track: MovieTrack) {
  const { samples, timescale } = track
  return Array.from({ length: samples.count }, (_, i) => {
    const start = samples.offsets[i] ?? 0
    const data = bytes.subarray(start, start + (samples.sizes[i] ?? 0))
    const decodeTime = samples.decodeTimes[i] ?? 0
    const picture =
      track.kind === 'video'
        ? lengthPrefixedPicture(data, { codec: 'h264', lengthSize: 4 })
        : { data, isSync: true }
    const sample: MediaSample = {
      track: track.kind === 'video' ? 'video' : 'audio',
      decodeTime,
      compositionTimeOffset: samples.compositionOffsets?.[i] ?? 0,
      isSync: picture?.isSync === true,
      data: picture?.data ?? data,
    }
    return { sample, seconds: decodeTime / timescale }
  })
}

/** What a page says after each piece that was appended: ranges in seconds, or what went wrong. */
async function play(pieces: readonly Uint8Array[]): Promise<(number[][] | string)[]> {
  const encoded = pieces.map(piece => Buffer.from(piece).toString('base64'))
  const said: unknown = await page.evaluate(`playPieces(${JSON.stringify(encoded)})`)
  return said as (number[][] | string)[]
}

describe.skipIf(isLeftOut).each([
  ['without B frames', ['-bf', '0'], false],
  ['with B frames', ['-bf', '2'], false],
  ['as segments with an index', ['-bf', '0'], true],
])('Chromium plays recordings %s', (name, encoder, isSegment) => {
  let recording: Recording
  /** Of composition times, by which pictures of the first fragment are shown later. */
  const late = name === 'with B frames' ? 3 / 15 : 0

  beforeAll(() => {
    recording = record(name, encoder, isSegment)
  }, 60_000)

  test('one fragment after the other leaves one range each time', async () => {
    const { init, fragments, times } = recording
    expect(fragments.length).toBeGreaterThan(3)
    const [first, ...rest] = await play([init, ...fragments])
    expect(first).toEqual([])
    for (const [i, ranges] of rest.entries()) {
      expect(ranges).toHaveLength(1)
      const [[start = -1, end = -1] = []] = typeof ranges === 'string' ? [] : (ranges ?? [])
      expect(start).toBeLessThan(0.05 + late)
      // The sound may end up to a frame earlier, and the end counts where both are.
      expect(Math.abs(end - (times[i + 1] ?? 0))).toBeLessThan(0.05 + late)
    }
  })

  test('any fragments from the end back are one range', async () => {
    const { init, fragments, times } = recording
    for (let from = 1; from < fragments.length; from++) {
      const ranges = (await play([init, ...fragments.slice(from)])).at(-1)
      expect(ranges).toHaveLength(1)
      const [[start = -1] = []] = typeof ranges === 'string' ? [] : (ranges ?? [])
      expect(Math.abs(start - (times[from] ?? 0))).toBeLessThan(0.05 + late)
    }
  })

  test('a fragment that is damaged is an error', async () => {
    const { init, fragments } = recording
    const damaged = (fragments[0] ?? new Uint8Array()).slice()
    // The type of the box: no moof, no fragment.
    damaged.set([0x78, 0x78], Buffer.from(damaged).indexOf('moof', 0, 'latin1'))
    expect(await play([init, damaged])).toEqual([[], expect.stringMatching(/append|parse|demux/i)])
  })
})
