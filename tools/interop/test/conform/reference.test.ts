import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import {
  conformGroups,
  conformList,
  conformMarkdown,
  conformNeeds,
  conformRules,
} from '@hksv/hub/conform'
import { expect, test } from 'vitest'

import { peerFaultsMarkdown } from './peer-faults.ts'

const path = fileURLToPath(new URL('../../../../docs/conformance.md', import.meta.url))

/** The formatter of the repository makes the columns of tables equally wide. */
function unpadded(text: string): string {
  return text.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---')
}

const severityOf = (name: string) => conformRules.find(rule => rule.name === name)?.severity ?? '?'

test.each([
  ['rules', conformMarkdown(conformRules)],
  ['peers', peerFaultsMarkdown(severityOf)],
])('docs/conformance.md lists the %s as they are; UPDATE_DOCS=1 writes them', (name, content) => {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const text = readFileSync(path, 'utf8')
  const [before, rest = ''] = text.split(begin)
  const [, after] = rest.split(end)
  const wanted = `${before}${begin}\n\n${content}\n\n${end}${after}`
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, wanted)
  else expect(unpadded(text)).toBe(unpadded(wanted))
})

test('every rule says what it is, why, and since when, under a name of its own', () => {
  const names = conformRules.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { name, group, checks, matters, source, needs } of conformRules) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(conformGroups).toContain(group)
    for (const text of [checks, matters, source]) expect(text, name).toMatch(/^\S.{3,}[^.\s]$/s)
    for (const need of needs) expect(Object.keys(conformNeeds)).toContain(need)
  }
  expect(names.length).toBeGreaterThanOrEqual(120)
})

test('the list of rules stays within 80 columns', () => {
  const wide = conformList(conformRules)
    .split('\n')
    .filter(line => line.length > 80)
  expect(wide).toEqual([])
})
