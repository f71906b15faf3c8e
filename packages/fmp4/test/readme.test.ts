import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

test('the example in the README is the one that is compiled here', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, example] = /```ts\n(.*?)```/s.exec(read('../README.md')) ?? []
  expect(example).toBe(read('./support/readme-example.ts'))
})
