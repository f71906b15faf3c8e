import {
  type Fragment,
  Fragmenter,
  FragmentInspector,
  isFmp4Error,
  type MediaSample,
  readMovie,
  renderFragment,
  type TrackRun,
} from '@hksv/fmp4'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { collect, options } from './support/collect.ts'
import { hevcStream, renderHevc } from './support/hevc-stream.ts'
import { aacFrame, join, picture, render } from './support/stream.ts'
import { toHex } from './support/vectors.ts'

const ms = (n: number) => n * 90

/** Groups of pictures with any durations, some frames of audio missing, audio early or late. */
const streams = fc
  .record({
    groups: fc.array(
      fc.record({
        pictures: fc.array(
          fc.record({
            durationMs: fc.integer({ min: 1, max: 300 }),
            length: fc.oneof(fc.integer({ min: 4, max: 300 }), fc.integer({ min: 4, max: 70_000 })),
          }),
          { minLength: 1, maxLength: 40 },
        ),
      }),
      { minLength: 2, maxLength: 12 },
    ),
    start: fc.constantFrom(0, 90_000 * 86_400, 12_345_678),
    lateByMs: fc.integer({ min: -900, max: 900 }),
    missing: fc.array(fc.record({ fromMs: fc.nat(20_000), forMs: fc.nat(3000) }), { maxLength: 3 }),
    hasAudio: fc.boolean(),
  })
  .map(({ groups, start, lateByMs, missing, hasAudio }) => {
    const video: { sample: MediaSample; arrival: number }[] = []
    let time = start
    for (const { pictures } of groups)
      pictures.forEach(({ durationMs, length }, i) => {
        const sample = picture(time, { isSync: i === 0, length, number: video.length })
        video.push({ sample, arrival: time / 90_000 })
        time += ms(durationMs)
      })
    const audio: { sample: MediaSample; arrival: number }[] = []
    const isMissing = (atMs: number) =>
      missing.some(({ fromMs, forMs }) => atMs >= fromMs && atMs < fromMs + forMs)
    const startAudio = Math.floor((start / 90_000) * 32_000)
    for (let i = 0; hasAudio && startAudio + i * 1024 < (time / 90_000) * 32_000; i++) {
      const at = startAudio + i * 1024
      if (isMissing(((at - startAudio) / 32_000) * 1000)) continue
      audio.push({ sample: aacFrame(at, i), arrival: at / 32_000 + lateByMs / 1000 })
    }
    const samples = [...video, ...audio]
      .toSorted((a, b) => a.arrival - b.arrival)
      .map(({ sample }) => sample)
    return { samples, end: time, isWhole: missing.length === 0 }
  })

const payload = (run: TrackRun) => toHex(join(run.pages))
const endOf = (run: TrackRun) => run.durations.reduce((sum, one) => sum + one, run.decodeTime)
const runsOf = (fragments: Fragment[], track: 'video' | 'audio') =>
  fragments.flatMap(fragment => fragment[track] ?? [])

function expectContiguous(runs: TrackRun[]): void {
  runs.forEach((run, i) => {
    const next = runs[i + 1]
    if (next !== undefined) expect(next.decodeTime).toBe(endOf(run))
    for (const duration of run.durations) expect(duration).toBeGreaterThanOrEqual(1)
  })
}

describe('any stream', () => {
  test('all video is there, in order, cut at key frames, without holes', () => {
    fc.assert(
      fc.property(streams, ({ samples }) => {
        const fragments = collect(samples)
        const runs = runsOf(fragments, 'video')
        const video = samples.filter(({ track }) => track === 'video')
        expect(runs.map(payload).join('')).toBe(video.map(({ data }) => toHex(data)).join(''))
        expectContiguous(runs)
        let index = 0
        for (const run of runs) {
          expect(run.decodeTime).toBe(video[index]?.decodeTime)
          expect(run.keyFrames[0]).toBe(0)
          for (const at of run.keyFrames) expect(video[index + at]?.isSync).toBe(true)
          index += run.sampleCount
        }
      }),
    )
  })

  test('no fragment is longer than wanted when a key frame allows it', () => {
    fc.assert(
      fc.property(streams, ({ samples }) => {
        for (const { video } of collect(samples).slice(0, -1)) {
          const times = Array.from(video.durations, (_, i) =>
            video.durations.slice(0, i).reduce((sum, one) => sum + one, 0),
          )
          // Behind 4 s there is no key frame: it would have begun the next fragment.
          for (const at of video.keyFrames) expect(times[at]).toBeLessThan(ms(4000))
        }
      }),
    )
  })

  test('audio has no holes and lies in the fragment it begins in', () => {
    fc.assert(
      fc.property(streams, ({ samples, end, isWhole }) => {
        const fragmenter = new Fragmenter(options)
        const fragments = collect(samples, fragmenter)
        const runs = runsOf(fragments, 'audio')
        expectContiguous(runs)
        // Frames are numbered: none twice, none out of order, and only late ones are left out.
        const sent = samples.filter(({ track }) => track === 'audio').map(({ data }) => toHex(data))
        const kept = runs.flatMap(run => payload(run).match(/.{8}/g) ?? [])
        let at = 0
        for (const frame of kept) {
          const found = sent.indexOf(frame, at)
          expect(found).toBeGreaterThanOrEqual(at)
          at = found + 1
        }
        // The first frame may begin just before the first picture.
        if (isWhole) expect(fragmenter.lateAudioFrames).toBeLessThanOrEqual(1)
        const start = (fragments[0]?.video.decodeTime ?? 0) / 90_000
        const outside = samples.filter(({ track, decodeTime }) => {
          const time = decodeTime / 32_000
          return track === 'audio' && (time < start || time >= end / 90_000 - 0.3)
        }).length
        expect(sent.length - kept.length).toBeLessThanOrEqual(fragmenter.lateAudioFrames + outside)
        for (const { video, audio } of fragments) {
          if (audio === undefined) continue
          let time = audio.decodeTime
          for (const duration of audio.durations) {
            expect(time / 32_000).toBeLessThan(endOf(video) / 90_000)
            time += duration
          }
        }
      }),
    )
  })

  test('what is rendered passes the inspector and reads back', () => {
    fc.assert(
      fc.property(streams, fc.boolean(), ({ samples }, withAudio) => {
        const fragments = collect(samples)
        const hasAudio = withAudio && fragments.every(({ audio }) => audio !== undefined)
        const recording = render(fragments, { withAudio: hasAudio })
        const inspector = new FragmentInspector(recording.init, { toleranceMs: Infinity })
        expect(inspector.init.findings).toEqual([])
        for (const bytes of recording.fragments) {
          const { findings } = inspector.inspect(bytes)
          // Late and missing audio ends early or late; that it is told is tested elsewhere.
          expect(
            findings.filter(({ rule }) => rule !== 'av-skew' && rule !== 'decode-time'),
          ).toEqual([])
        }
        const whole = join([recording.init, ...recording.fragments])
        const [video] = readMovie(whole).tracks
        const read = Array.from(video?.samples.offsets ?? [], (offset, i) =>
          toHex(whole.subarray(offset, offset + (video?.samples.sizes[i] ?? 0))),
        )
        const pushed = samples.filter(({ track }) => track === 'video')
        expect(read).toEqual(pushed.map(({ data }) => toHex(data)))
        const start = pushed[0]?.decodeTime ?? 0
        expect([...(video?.samples.decodeTimes ?? [])]).toEqual(
          pushed.map(({ decodeTime }) => decodeTime - start),
        )
        expect([...(video?.samples.isSync ?? [])]).toEqual(
          pushed.map(({ isSync }) => Number(isSync)),
        )
      }),
    )
  })

  test('a recording that begins anywhere has no negative times and no holes', () => {
    fc.assert(
      fc.property(streams, fc.nat(20), ({ samples }, skipped) => {
        const fragments = collect(samples)
        const sent = fragments.slice(Math.min(skipped, fragments.length - 1))
        const recording = render(sent)
        const movie = readMovie(join([recording.init, ...recording.fragments]))
        for (const { samples } of movie.tracks)
          samples.decodeTimes.forEach((time, i) => {
            expect(time).toBeGreaterThan(i === 0 ? -1 : (samples.decodeTimes[i - 1] ?? 0))
          })
      }),
    )
  })
})

test('a payload is copied once into pages of 64 KiB, and pins no other memory', () => {
  const allocated: Uint8Array[] = []
  const fragmenter = new Fragmenter({
    ...options,
    allocate: length => {
      const page = new Uint8Array(length)
      allocated.push(page)
      return page
    },
  })
  const samples = Array.from({ length: 270 }, (_, i) =>
    picture(i * 3000, { isSync: i % 120 === 0, length: 3000, number: i }),
  )
  const [first, second] = collect(samples, fragmenter)
  const pages = [...(first?.video.pages ?? []), ...(second?.video.pages ?? [])]
  expect(first?.video.pages.map(page => page.length)).toEqual([
    ...Array<number>(5).fill(65_536),
    120 * 3004 - 5 * 65_536,
  ])
  for (const page of pages) {
    expect(page.byteLength).toBe(page.buffer.byteLength)
    expect(allocated).toContain(page)
  }
  const kept = pages.reduce((sum, page) => sum + page.length, 0)
  expect(kept).toBe(240 * 3004)
})

describe('rendering', () => {
  const fragments = collect(
    Array.from({ length: 400 }, (_, i) => picture(i * 3000, { isSync: i % 120 === 0, number: i })),
    new Fragmenter({ video: { timescale: 90_000 } }),
  )
  const [first, second] = fragments as [Fragment, Fragment]

  test('does not change the fragment', () => {
    const options = { sequenceNumber: 5, origin: { videoTime: 0 }, withAudio: true }
    const once = join(renderFragment(second, options))
    renderFragment(second, { ...options, sequenceNumber: 1, origin: { videoTime: 360_000 } })
    expect(toHex(join(renderFragment(second, options)))).toBe(toHex(once))
  })

  test('hands out the pages themselves', () => {
    const options = { sequenceNumber: 1, origin: { videoTime: 0 }, withAudio: true }
    const [, ...pages] = renderFragment(first, options)
    expect(pages.every((page, i) => page === first.video.pages[i])).toBe(true)
  })

  test('refuses a fragment before the origin', () => {
    const options = { sequenceNumber: 1, origin: { videoTime: 360_000 }, withAudio: true }
    expect(() => renderFragment(first, options)).toThrow(RangeError)
  })
})

describe('the start of a recording', () => {
  /** Audio of 44.1 kHz does not begin where the video of a fragment does. */
  const rate = 44_100
  const samples = [
    ...Array.from({ length: 300 }, (_, i) => picture(i * 3000, { isSync: i % 120 === 0 })),
    ...Array.from({ length: 432 }, (_, i) => aacFrame(i * 1024, i)),
  ].toSorted(
    (a, b) =>
      a.decodeTime / (a.track === 'video' ? 90_000 : rate) -
      b.decodeTime / (b.track === 'video' ? 90_000 : rate),
  )
  const fragments = collect(
    samples,
    new Fragmenter({
      video: { timescale: 90_000 },
      audio: { sampleRate: rate, frameLength: 1024 },
    }),
  )

  test('both tracks begin at 0, and the next fragment goes on exactly', () => {
    const sent = fragments.slice(1)
    expect(sent[0]?.audio?.decodeTime).toBe(173 * 1024)
    const origin = { videoTime: sent[0]?.video.decodeTime ?? 0 }
    const bytes = sent.map((fragment, i) =>
      join(renderFragment(fragment, { sequenceNumber: i + 1, origin, withAudio: true })),
    )
    const { init } = render(fragments)
    const [, audio] = readMovie(join([init, ...bytes])).tracks
    const times = [...(audio?.samples.decodeTimes ?? [])]
    expect(times.slice(0, 3)).toEqual([0, 174 * 1024 - 4 * rate, 175 * 1024 - 4 * rate])
    expect(times.at(-1)).toBe(430 * 1024 - 4 * rate)
  })

  test('a frame that was stretched from before is cut at time 0', () => {
    const withGap = [
      ...Array.from({ length: 420 }, (_, i) => picture(i * 3000, { isSync: i % 120 === 0 })),
      ...Array.from({ length: 437 }, (_, i) => aacFrame(i * 1024, i)),
    ]
      .filter(({ track, decodeTime }) => {
        const time = decodeTime / 32_000
        return track === 'video' || time < 3 || time > 9
      })
      .toSorted(
        (a, b) =>
          a.decodeTime / (a.track === 'video' ? 90_000 : 32_000) -
          b.decodeTime / (b.track === 'video' ? 90_000 : 32_000),
      )
    const sent = collect(withGap).slice(2)
    expect(sent[0]?.audio?.decodeTime).toBe(128_000)
    const { fragments, init } = render(sent)
    const [, audio] = readMovie(join([init, ...fragments])).tracks
    expect([...(audio?.samples.decodeTimes ?? [])].slice(0, 2)).toEqual([0, 283 * 1024 - 256_000])
  })
})

test.each([
  ['H.264', render(collect([picture(0, { isSync: true }), aacFrame(0)]))],
  ['H.265', renderHevc(collect([...hevcStream(0.1, [21, 8, 1]), aacFrame(0)]))],
])('the inspector and the readers take any bytes: %s', (_, recording) => {
  const whole = join([recording.init, ...recording.fragments])
  const mutations = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 })
  fc.assert(
    fc.property(mutations, fc.nat(whole.length), (changes, length) => {
      const bytes = whole.slice(0, length)
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
      const inspector = new FragmentInspector(bytes.subarray(0, recording.init.length))
      inspector.inspect(bytes.subarray(recording.init.length))
      inspector.inspect(bytes)
      try {
        readMovie(bytes)
      } catch (error) {
        expect(isFmp4Error(error)).toBe(true)
      }
    }),
    { numRuns: 2000 },
  )
})
