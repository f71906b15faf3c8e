import { readFileSync } from 'node:fs'
import { tlvErrors } from '@hksv/tlv8'
import { expect, it } from 'vitest'

import { sizes, supportedVideo } from './readme-example.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

it('the example in the README is the one that is compiled here', () => {
  const [, example] = /```ts\n(.*?)```/s.exec(read('../README.md')) ?? []
  expect(example).toBe(read('./readme-example.ts'))
})

it('the README lists the codes', () => {
  const listed = [...read('../README.md').matchAll(/^\| `(TLV_\w+)` +\| (.*?) +\|$/gm)]
  expect(Object.fromEntries(listed.map(([, code, text]) => [code, text]))).toEqual(tlvErrors)
})

it('the example reads what a camera on sale says, and writes it again', () => {
  const value =
    'AUoBAQACCwEBAQIBAAAAAgECAwsBAkAGAgKwBAMBHgAAAwsBAgAFAgLAAwMBHgAAAwsBAkAGAgKwBAMBDwAAAwsBAgAFAgLAAwMBDw=='
  expect(sizes(value)).toEqual(['1600x1200@30', '1280x960@30', '1600x1200@15', '1280x960@15'])
  const written = supportedVideo.encode(supportedVideo.decode(Buffer.from(value, 'base64')))
  expect(Buffer.from(written).toString('base64')).toBe(value)
})
