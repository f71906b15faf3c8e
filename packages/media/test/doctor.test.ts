import type { MediaSample } from '@hksv/fmp4'
import { diagnose, openSource, type SourceDescription, SourceExaminer } from '@hksv/media'
import { describe, expect, test } from 'vitest'

async function sampleDescription(): Promise<SourceDescription> {
  await using source = await openSource('sample')
  const { video } = source.description
  return { ...source.description, video: { ...video, timescale: 1000 } }
}

interface Shown {
  /** Milliseconds. */
  readonly time: number
  /** How much later than its time it came. */
  readonly late?: number
  readonly isSync?: boolean
  readonly bytes?: number
  readonly offset?: number
}

async function examined(pictures: readonly Shown[], more: Partial<SourceDescription> = {}) {
  const { audio: _, ...description } = await sampleDescription()
  const examiner = new SourceExaminer({ ...description, ...more })
  for (const { time, late = 0, isSync = false, bytes = 1000, offset } of pictures) {
    const sample: MediaSample = {
      track: 'video',
      decodeTime: time,
      isSync,
      data: new Uint8Array(bytes),
      ...(offset === undefined ? {} : { compositionTimeOffset: offset }),
    }
    examiner.push(sample, 5000 + time + late)
  }
  const report = examiner.report()
  if (report === undefined) throw new Error('nothing was shown')
  return report
}

/** So many seconds of 25 pictures, with a key frame every `gop` ms. */
function shown(
  seconds: number,
  gop: number,
  change: (time: number) => Partial<Shown> = () => ({}),
) {
  return Array.from({ length: seconds * 25 }, (_, i) => {
    const time = i * 40
    return { time, isSync: time % gop === 0, ...change(time) }
  })
}

describe('what is seen', () => {
  test('rates, key frames and delivery as they were, not as they are claimed', async () => {
    const report = await examined(shown(20, 2000, time => ({ late: time === 8000 ? 120 : 0 })))
    expect(report).toMatchObject({
      pictures: 500,
      keyFrames: 10,
      keyFrameIntervalMs: { shortest: 2000, longest: 2000 },
      hasBFrames: false,
      jitterMs: 120,
      longestGapMs: 40,
      watchedMs: 19_960,
    })
    expect(report.framesPerSecond).toBeCloseTo(25)
    expect(report.bitRateKbps).toBeCloseTo(200, 0)
    expect(report.clockDriftPpm).toBeUndefined()
  })

  test('a clock that runs fast, under whatever the network adds', async () => {
    // Its times run 200 ppm ahead: pictures seem to come ever earlier.
    const noise = (time: number) => (time * 7919) % 37
    const report = await examined(shown(60, 2000, time => ({ late: -time * 200e-6 + noise(time) })))
    expect(report.clockDriftPpm).toBeGreaterThan(150)
    expect(report.clockDriftPpm).toBeLessThan(250)
  })

  test('nothing, before the first picture', async () => {
    const examiner = new SourceExaminer(await sampleDescription())
    const data = new Uint8Array(1)
    examiner.push({ track: 'audio', decodeTime: 0, isSync: true, data }, 0)
    expect(examiner.report()).toBeUndefined()
  })
})

describe('what it means', () => {
  const audio = {
    codec: 'aac-lc',
    sampleRate: 16_000,
    channels: 1,
    audioSpecificConfig: new Uint8Array(2),
    frameLength: 1024,
  } as const

  test('nothing, for a source without fault', async () => {
    const report = await examined(shown(20, 4000), { audio })
    expect(diagnose({ ...report, soundFrames: 300 })).toEqual([])
  })

  const rows: [string, Shown[], boolean, RegExp][] = [
    ['key frames', shown(20, 10_000), true, /10\.0 s apart.*begins with one.*every 2 or 4 s/],
    ['one key frame', shown(9, 60_000), true, /up to 9\.0 s apart/],
    ['B frames', shown(9, 2000, () => ({ offset: 40 })), false, /B frames/],
    ['bit rate', shown(9, 2000, () => ({ bytes: 60_000 })), false, /12\d\d\d kbit\/s/],
    ['lateness', shown(9, 2000, time => ({ late: time > 4000 ? 1500 : 0 })), false, /1\.5 s late/],
    [
      'a hole',
      shown(9, 2000, time => ({ time: time > 4000 ? time + 3000 : time })),
      true,
      /3\.0 s of pictures were missing/,
    ],
    ['few pictures', shown(9, 2000).filter((_, i) => i % 5 === 0), false, /5\.0 pictures come/],
    ['no sound', shown(9, 2000), false, /no sound that Home records.*silent track/],
  ]
  test.each(rows)('%s', async (_name, pictures, isSerious, text) => {
    const found = diagnose(await examined(pictures))
    const lines = found.map(one => `${one.finding} ${one.consequence} ${one.remedy}`)
    const index = lines.findIndex(line => text.test(line))
    expect(lines.join('\n')).toMatch(text)
    expect(found[index]?.isSerious).toBe(isSerious)
  })

  test('H.265, large pictures, and sound that never comes', async () => {
    const { video } = await sampleDescription()
    const large = { ...video, codec: 'h265', vps: [], width: 3840, height: 2160 } as const
    const found = diagnose(await examined(shown(9, 2000), { video: large, audio }))
    expect(found.map(({ finding }) => finding)).toEqual([
      'The video is H.265.',
      'The picture has 3840x2160.',
      'Sound is announced, and none comes.',
    ])
  })
})
