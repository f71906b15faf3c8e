import { expect, test } from 'vitest'

import { judge, median, table } from '../report.mjs'

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 100], 3.5],
  [[10, 9, 100], 10],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

const row = { what: 'pair-verify', unit: 'ms', against: 'a peer', goal: 1 / 8 }

test('medians are compared, not single runs', () => {
  const result = judge(row, { ours: [2, 90, 1], theirs: [16, 17, 15] })
  expect(result).toMatchObject({ ours: 2, theirs: 16, ratio: 1 / 8, isMet: true })
})

test('a ratio above the goal misses it', () => {
  expect(judge(row, { ours: [2.1], theirs: [16] }).isMet).toBe(false)
})

test('a row without a goal is neither met nor missed', () => {
  const { goal: _, ...plain } = row
  expect(judge(plain, { ours: [1], theirs: [2] }).isMet).toBeUndefined()
})

test('where more is better, the ratio has to reach the least', () => {
  const { goal: _, ...plain } = row
  expect(judge({ ...plain, least: 2 }, { ours: [40], theirs: [20] }).isMet).toBe(true)
  expect(judge({ ...plain, least: 2 }, { ours: [39], theirs: [20] }).isMet).toBe(false)
})

test('a limit is a matter of our number alone', () => {
  const { goal: _, ...plain } = row
  expect(judge({ ...plain, limit: 5 }, { ours: [5], theirs: [1] }).isMet).toBe(true)
  expect(judge({ ...plain, limit: 5 }, { ours: [5.1], theirs: [250] }).isMet).toBe(false)
})

test('each kind of goal is told from the others, and counts have no decimals', () => {
  const { goal: _, ...plain } = row
  const lines = table([
    judge({ ...plain, unit: 'a second', least: 2 }, { ours: [400], theirs: [100] }),
    judge({ ...plain, unit: '', limit: 1 }, { ours: [1], theirs: [4] }),
  ]).split('\n')
  expect(lines[2]).toMatch(/ 400 a second \|.* 4\.00× .*\| ≥ 2\.00× \| met/)
  expect(lines[3]).toMatch(/\| 1 +\| 4 +\|.*\| ≤ 1 +\| met/)
})

test('the table lines up and gives the reason of what is missed, and of nothing else', () => {
  const reason = 'it waits for a disk'
  const rows = [
    judge({ ...row, reason }, { ours: [4], theirs: [16] }),
    judge({ ...row, what: 'recording', goal: 1.5, reason }, { ours: [140], theirs: [100] }),
  ]
  expect(table(rows)).toBe(
    [
      '| what        | ours    | the other | against | ratio | goal    |        |',
      '| ----------- | ------- | --------- | ------- | ----- | ------- | ------ |',
      '| pair-verify | 4.00 ms | 16.00 ms  | a peer  | 1/4   | ≤ 1/8   | missed |',
      '| recording   | 140 ms  | 100 ms    | a peer  | 1.40× | ≤ 1.50× | met    |',
      '',
      'pair-verify, against a peer: it waits for a disk',
    ].join('\n'),
  )
})
