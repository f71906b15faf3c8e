import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../../../packages/cli/dist/bin.js', import.meta.url))
const guide = readFileSync(new URL('../../../docs/guide.md', import.meta.url), 'utf8')

/** The flags of a command, in its help and in its part of the guide. */
function flagsOf(command: readonly string[], title: string) {
  const help = execFileSync(process.execPath, [bin, ...command, '--help'], { encoding: 'utf8' })
  const flags = [...help.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag)
  const [, part = ''] = guide.split(`\n## ${title}\n`)
  const [text = ''] = part.split('\n## ')
  const rows = [...text.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, flag = '']) => flag)
  return { rows: rows.toSorted(), flags: flags.filter(flag => flag !== '--help').toSorted() }
}

test('the guide has a row for each flag of a camera, and no other', () => {
  const { rows, flags } = flagsOf(['camera'], 'Run a camera')
  expect(rows).toEqual(flags)
})

test('the guide has a row for each flag of the vault, and no other', () => {
  const { rows, flags } = flagsOf(['hub', 'vault'], 'A recorder for any Secure Video camera')
  const common = ['--store', '--json', '--quiet', '--verbose']
  expect(rows).toEqual(flags.filter(flag => !common.includes(flag)))
})
