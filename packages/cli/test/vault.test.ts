import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { hksv } from './run.ts'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-vault-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function vault(args: readonly string[], options: Parameters<typeof hksv>[1] = {}) {
  const store = ['--store', join(directory, 'hub'), '--no-mdns']
  return hksv(['hub', 'vault', ...store, ...args], options)
}

test.each([
  [['--max-size', 'much'], /no size of at least 1MB, like 10GB/],
  [['--max-size', '10'], /no size of at least 1MB/],
  [['--max-age', '30'], /no age like 30d/],
  [['--max-age', '0d'], /no age like 30d/],
  [['--max-clip', '-1'], /no number of seconds/],
])('%j is wrong usage', async (args, text) => {
  const ended = await vault(args)
  expect(ended.code).toBe(2)
  expect(ended.stderr).toMatch(text)
})

test('sizes and ages of every unit are taken, and SIGTERM ends it in good order', async () => {
  const limits = ['--max-size', '1.5 GB', '--max-age', '12h', '--dir', join(directory, 'clips')]
  const ended = await vault([...limits, '--json'], {
    onRecord({ event }, child) {
      if (event === 'kept') child.kill('SIGTERM')
    },
  })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(join(directory, 'clips'))).toEqual([])
})

test('a second vault on the directory is refused, and says who is there', async () => {
  const clips = ['--dir', join(directory, 'clips'), '--json']
  let second: ReturnType<typeof vault> | undefined
  const first = await vault(clips, {
    onRecord({ event }, child) {
      if (event !== 'kept' || second !== undefined) return
      second = vault(clips).finally(() => child.kill('SIGTERM'))
    },
  })
  expect(first).toMatchObject({ code: 0 })
  const refused = await second
  expect(refused).toMatchObject({ code: 1 })
  expect(refused?.stderr).toMatch(/clips is in use: process \d+ records there.*another --dir/)
})

test('a directory that is a file is one sentence', async () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  const ended = await vault(['--dir', file])
  expect(ended.code).toBe(1)
  expect(ended.stderr).toMatch(/Cannot use .*file: .*Choose another directory/)
  expect(ended.stderr).not.toMatch(/\n\s+at /)
})
