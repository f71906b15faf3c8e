import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

import { opened, sendSealed } from './readme-example.ts'
import { backends } from './vector.ts'

it('the example in the README is the one that is compiled here', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, example] = /```ts\n(.*?)```/s.exec(read('../README.md')) ?? []
  expect(example).toBe(read('./readme-example.ts'))
})

it('the example runs', () => {
  expect(opened).toEqual(Uint8Array.of(1, 2, 3))
})

it.each(backends)('the example runs on $name without any part', crypto => {
  expect(sendSealed(crypto, [])).toEqual(new Uint8Array(0))
})
