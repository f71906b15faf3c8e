import { readFileSync } from 'node:fs'

import type { MediaSample } from '@hksv/fmp4'
import { expect, test } from 'vitest'

import { hevcPicture, hevcVideo } from './support/hevc-stream.ts'
import { record } from './support/readme-example.ts'
import { audio, regularStream, video } from './support/stream.ts'

test('the example in the README is the one that is compiled here', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, example] = /```ts\n(.*?)```/s.exec(read('../README.md')) ?? []
  expect(example).toBe(read('./support/readme-example.ts'))
})

test.each([
  { video, numberOfParts: 3 },
  { video: hevcVideo, numberOfParts: 4 },
])('it runs with $video.codec', ({ video, numberOfParts }) => {
  const lines: string[] = []
  const stream = regularStream(9)
  const samples = video.codec === 'avc1' ? stream : inHevc(stream)
  const options = { startedAt: Date.UTC(2026, 0), note: (line: string) => lines.push(line) }
  const parts = [...record({ video, audio }, samples, options)]
  expect(parts.map(part => part.length)).toEqual([1, numberOfParts, numberOfParts])
  expect(lines).toEqual([expect.stringMatching(/^#1 .* ok$/), expect.stringMatching(/^#2 .* ok$/)])
})

/** The same with pictures of H.265. */
function inHevc(samples: readonly MediaSample[]): MediaSample[] {
  return samples.map(sample => {
    const { track, decodeTime, isSync } = sample
    return track === 'audio' ? sample : hevcPicture(decodeTime, isSync ? 19 : 1, isSync)
  })
}
