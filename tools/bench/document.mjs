// Keeps the table of docs/benchmarks.md: a run changes the rows that it measured, and no others.
import { cells, markdownTable } from './report.mjs'

/** @import { Result } from './report.mjs' */

const BEGIN = '<!-- results -->'
const END = '<!-- end of results -->'
const HEAD = ['what', 'ours', 'the other', 'against', 'ratio', 'goal', '', 'spread', 'measured']

/**
 * @param {string} text The document.
 * @param {readonly Result[]} results
 * @param {string} measured When, and on what: stands in each row that is new.
 * @returns {string} The document with these results in its table.
 * @throws RangeError for a document without the marks.
 */
export function withResults(text, results, measured) {
  const [before, rest] = text.split(BEGIN)
  const [block, after] = rest?.split(END) ?? []
  if (block === undefined || after === undefined) {
    throw new RangeError(`the document has no ${BEGIN} and ${END}`)
  }
  const rows = byKey(parseRows(block))
  const found = results.map(result => [...cells(result), spread(result.runs.ours), measured])
  for (const [key, row] of byKey(found)) rows.set(key, row)
  return `${before}${BEGIN}\n\n${markdownTable(HEAD, [...rows.values()])}\n\n${END}${after}`
}

/** @param {string} block */
function parseRows(block) {
  const lines = block.split('\n').filter(line => line.startsWith('|'))
  return lines.slice(2).map(line => {
    const row = line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim())
    return HEAD.map((_, i) => row[i] ?? '')
  })
}

/**
 * A number is told by what it is of, and what it is compared with. “The same” is that of the last row
 * that says it.
 *
 * @param {readonly string[][]} rows
 * @returns {Map<string, string[]>}
 */
function byKey(rows) {
  const keyed = new Map()
  let whole = ''
  for (const row of rows) {
    const [what = '', , , against = ''] = row
    if (!what.startsWith('the same')) whole = what
    keyed.set(`${whole}\n${what}\n${against}`, row)
  }
  return keyed
}

/**
 * How far our runs were apart.
 *
 * @param {readonly number[]} values
 */
function spread(values) {
  if (values.length < 2) return ''
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const middle = (least + most) / 2
  return middle === 0 ? '' : `±${Math.round(((most - least) / 2 / middle) * 100)} %`
}
