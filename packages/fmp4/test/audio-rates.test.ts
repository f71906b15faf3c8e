import {
  Fragmenter,
  FragmentInspector,
  initSegment,
  readMovie,
  renderFragment,
  writeAudioSpecificConfig,
} from '@hksv/fmp4'
import { describe, expect, test } from 'vitest'

import { collect } from './support/collect.ts'
import { aacFrame, join, regularStream, video } from './support/stream.ts'

const rates = [8000, 16_000, 24_000, 32_000, 44_100, 48_000]
const formats = [
  ['AAC-LC', 2, 1024],
  ['AAC-ELD', 39, 512],
  ['AAC-ELD', 39, 480],
] as const
const cases = formats.flatMap(([name, objectType, frameLength]) =>
  rates.map(sampleRate => [name, frameLength, sampleRate, objectType] as const),
)

describe.each(cases)('%s in frames of %i at %i Hz', (_, frameLength, sampleRate, objectType) => {
  const config = { objectType, sampleRate, channels: 1, frameLength }
  const track = { codec: 'mp4a', trackId: 2, sampleRate, channels: 1 } as const
  const audioSpecificConfig = writeAudioSpecificConfig(config)
  const init = initSegment({ video, audio: { ...track, audioSpecificConfig } })
  const frames = Math.ceil((12 * sampleRate) / frameLength)
  const seconds = (i: number) => (i * frameLength) / sampleRate
  const samples = [
    ...regularStream(12, { withAudio: false }).map(s => ({ at: s.decodeTime / 90_000, s })),
    ...Array.from({ length: frames }, (_, i) => ({
      at: seconds(i),
      s: aacFrame(i * frameLength, i),
    })),
  ].toSorted((a, b) => a.at - b.at)
  const fragmenter = new Fragmenter({
    video: { timescale: video.timescale },
    audio: { sampleRate, frameLength },
  })
  const fragments = collect(
    samples.map(({ s }) => s),
    fragmenter,
  )
  const bytes = fragments.map((fragment, i) =>
    join(
      renderFragment(fragment, {
        ...{ sequenceNumber: i + 1, origin: { videoTime: 0 }, withAudio: true },
      }),
    ),
  )

  test('a recording is well, and 4 s a fragment', () => {
    const inspector = new FragmentInspector(init, { audioObjectType: objectType })
    const findings = bytes.flatMap(fragment => inspector.inspect(fragment).findings)
    expect([...inspector.init.findings, ...findings]).toEqual([])
    expect(fragments).toHaveLength(3)
  })

  test('has each frame once, where it belongs', () => {
    const { tracks } = readMovie(join([init, ...bytes]))
    const { samples: heard, timescale } = tracks.find(({ kind }) => kind === 'audio') ?? never()
    expect(timescale).toBe(sampleRate)
    expect([...heard.decodeTimes]).toEqual(
      Array.from({ length: frames }, (_, i) => i * frameLength),
    )
    // A frame is in the fragment in which it begins: 4 s are no whole number of most of them.
    const boundaries = [0, 4, 8, 12].map(at => Math.ceil((at * sampleRate) / frameLength))
    expect(fragments.map(({ audio }) => audio?.sampleCount)).toEqual(
      boundaries.slice(1).map((end, i) => Math.min(end, frames) - (boundaries[i] ?? 0)),
    )
  })
})

function never(): never {
  throw new Error('there is no audio')
}
