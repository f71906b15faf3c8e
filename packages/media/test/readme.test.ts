import { readFileSync } from 'node:fs'

import { boxTree } from '@hksv/fmp4'
import { expect, test } from 'vitest'

import { record } from './support/readme-example.ts'

test('the example in the README is the one that is compiled here', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, example] = /```ts\n(.*?)```/s.exec(read('../README.md')) ?? []
  expect(example).toBe(read('./support/readme-example.ts'))
})

test('it runs', async () => {
  const [init] = await record('sample', 0)
  expect(boxTree(init ?? new Uint8Array()).map(box => box.type)).toEqual(['ftyp', 'moov'])
  await expect(record('no such clip.mp4', 1)).rejects.toThrow(/check the path/)
})
