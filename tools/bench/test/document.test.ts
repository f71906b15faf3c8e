import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { withResults } from '../document.mjs'
import { judge } from '../report.mjs'

const row = { what: 'pair-verify', unit: 'ms', against: 'a peer', goal: 1 / 8 }
const other = { ...row, what: 'recording' }
const empty = 'before\n\n<!-- results -->\n<!-- end of results -->\n\nafter\n'
const once = judge(row, { ours: [1, 3], theirs: [16, 16] })

test('rows come in, and what stands around them stays', () => {
  const text = withResults(empty, [once], 'today')
  expect(text).toMatch(/^before\n\n<!-- results -->\n\n\| what/)
  expect(text).toMatch(/\n\n<!-- end of results -->\n\nafter\n$/)
  expect(text).toContain(
    '| pair-verify | 2.00 ms | 16.00 ms  | a peer  | 1/8   | ≤ 1/8 | met | ±50 %',
  )
})

test('a run of one measurement changes its rows alone', () => {
  const both = withResults(empty, [once, judge(other, { ours: [5], theirs: [10] })], 'today')
  const again = withResults(both, [judge(other, { ours: [1], theirs: [10] })], 'tomorrow')
  const rows = again.split('\n').filter(line => line.startsWith('| '))
  expect(rows).toHaveLength(4)
  expect(rows[2]).toContain('today')
  expect(rows[3]).toMatch(/1\.00 ms .* tomorrow/)
})

test('a document without the marks is left alone', () => {
  expect(() => withResults('text', [once], 'today')).toThrow('has no <!-- results -->')
})

test('docs/benchmarks.md has them, and a table that is read back as it is', () => {
  const text = readFileSync(new URL('../../../docs/benchmarks.md', import.meta.url), 'utf8')
  const unpadded = (of: string) => of.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---')
  expect(unpadded(withResults(text, [], 'never'))).toBe(unpadded(text))
})
