import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../../../packages/cli/dist/bin.js', import.meta.url))
const guide = readFileSync(new URL('../../../docs/guide.md', import.meta.url), 'utf8')

test('the guide has a row for each flag of a camera, and no other', () => {
  const help = execFileSync(process.execPath, [bin, 'camera', '--help'], { encoding: 'utf8' })
  const flags = [...help.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag)
  const rows = [...guide.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, flag]) => flag)
  expect(rows.toSorted()).toEqual(flags.filter(flag => flag !== '--help').toSorted())
})
