import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { profiles } from '@hksv/hub'
import { faults } from '@hksv/hub/testing'
import { expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../../../packages/cli/dist/bin.js', import.meta.url))
const guide = readFileSync(new URL('../../../docs/guide.md', import.meta.url), 'utf8')
const plugInsPath = new URL('../../../docs/plug-ins.md', import.meta.url)

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

test('the guide has a row for each flag of the live view, and no other', () => {
  const { rows, flags } = flagsOf(['hub', 'live'], 'Look at a camera live')
  const common = [
    '--store',
    '--id',
    '--host',
    '--port',
    '--trace',
    '--json',
    '--quiet',
    '--verbose',
  ]
  expect(rows).toEqual(flags.filter(flag => !common.includes(flag)))
})

test('the guide has a row for each flag of the vault, and no other', () => {
  const { rows, flags } = flagsOf(['hub', 'vault'], 'A recorder for any Secure Video camera')
  const common = ['--store', '--json', '--quiet', '--verbose']
  expect(rows).toEqual(flags.filter(flag => !common.includes(flag)))
})

/** What stands between marks in the page for authors of plug-ins, and has to be what it is drawn from. */
const tables = {
  profiles: table(
    ['profile', 'what such a hub does', 'what a healthy camera does then'],
    Object.values(profiles).map(({ name, does, expects }) => [`\`${name}\``, does, expects]),
  ),
  faults: table(
    ['fault', 'a hub that …', 'a healthy camera …'],
    faults.map(({ name, does, expects }) => [`\`${name}\``, does, expects]),
  ),
}

test.each(Object.entries(tables))('there are all the %s (UPDATE=1 draws them)', (name, part) => {
  const text = readFileSync(plugInsPath, 'utf8')
  const begin = `<!-- ${name} -->\n`
  const from = text.indexOf(begin) + begin.length
  const to = text.indexOf(`<!-- end of ${name} -->`)
  expect(to).toBeGreaterThanOrEqual(from)
  const { UPDATE } = process.env
  if (UPDATE === '1') writeFileSync(plugInsPath, `${text.slice(0, from)}${part}${text.slice(to)}`)
  else expect(text.slice(from, to)).toBe(part)
})

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |\n`
  return [head, widths.map(width => '-'.repeat(width)), ...rows].map(line).join('')
}
