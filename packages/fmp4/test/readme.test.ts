import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { record } from './support/readme-example.ts'
import { audio, regularStream, video } from './support/stream.ts'

test('the example in the README is the one that is compiled here', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, example] = /```ts\n(.*?)```/s.exec(read('../README.md')) ?? []
  expect(example).toBe(read('./support/readme-example.ts'))
})

test('it runs', () => {
  const lines: string[] = []
  const parts = [...record({ video, audio }, regularStream(9), line => lines.push(line))]
  expect(parts.map(part => part.length)).toEqual([1, 3, 3])
  expect(lines).toEqual([expect.stringMatching(/^#1 .* ok$/), expect.stringMatching(/^#2 .* ok$/)])
})
