// From what was measured to what is printed.

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} unit
 * @property {string} against
 * @property {number} [goal] The highest ratio of our number to the other that is good enough.
 * @property {number} [least] The lowest such ratio, where more is better.
 * @property {number} [limit] The highest number of ours that is good enough, whatever the other's is.
 * @property {string} [reason] Why the goal is missed, if it is.
 */

/**
 * @typedef {Row & { ours: number, theirs: number, ratio: number, isMet: boolean | undefined,
 *   runs: { ours: number[], theirs: number[] } }} Result
 */

/**
 * The middle of an odd number of values, or the mean of the two in the middle.
 *
 * @param {readonly number[]} values
 * @returns {number}
 */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
}

/**
 * Judges a row by the medians of its runs.
 *
 * @param {Row} row
 * @param {{ ours: number[], theirs: number[] }} runs
 * @returns {Result}
 */
export function judge(row, runs) {
  const ours = median(runs.ours)
  const theirs = median(runs.theirs)
  const ratio = ours / theirs
  return { ...row, ours, theirs, ratio, isMet: isMet(row, ours, ratio), runs }
}

/**
 * @param {Row} row
 * @param {number} ours
 * @param {number} ratio
 */
function isMet({ goal, least, limit }, ours, ratio) {
  if (goal !== undefined) return ratio <= goal
  if (least !== undefined) return ratio >= least
  return limit === undefined ? undefined : ours <= limit
}

/**
 * The table, as Markdown that lines up, and the reasons below it.
 *
 * @param {readonly Result[]} results
 * @returns {string}
 */
export function table(results) {
  const head = ['what', 'ours', 'the other', 'against', 'ratio', 'goal', '']
  const missed = results.filter(({ isMet, reason }) => isMet === false && reason !== undefined)
  const reasons = missed.map(
    ({ what, against, reason }) => `${what}, against ${against}: ${reason}`,
  )
  const lines = markdownTable(head, results.map(cells))
  return [lines, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n')
}

/**
 * A row of the table.
 *
 * @param {Result} result
 * @returns {string[]}
 */
export function cells(result) {
  return [
    result.what,
    quantity(result.ours, result.unit),
    quantity(result.theirs, result.unit),
    result.against,
    fraction(result.ratio),
    goalText(result),
    result.isMet === undefined ? '' : result.isMet ? 'met' : 'missed',
  ]
}

/**
 * Markdown that lines up.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} lines
 * @returns {string}
 */
export function markdownTable(head, lines) {
  const widths = head.map((title, i) =>
    Math.max(3, ...[title, ...lines.map(line => line[i] ?? '')].map(text => text.length)),
  )
  const row = (/** @type {readonly string[]} */ texts) =>
    `| ${texts.map((text, i) => text.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`
  return [row(head), rule, ...lines.map(row)].join('\n')
}

/** @param {Row} row */
function goalText({ goal, least, limit, unit }) {
  if (goal !== undefined) return `≤ ${fraction(goal)}`
  if (least !== undefined) return `≥ ${fraction(least)}`
  return limit === undefined ? '' : `≤ ${limit} ${unit}`.trimEnd()
}

/**
 * What has no unit is counted.
 *
 * @param {number} value
 * @param {string} unit
 */
function quantity(value, unit) {
  if (unit === '') return String(value)
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(2)} ${unit}`
}

/**
 * Ratios below one read better as fractions.
 *
 * @param {number} ratio
 */
function fraction(ratio) {
  if (ratio >= 0.95) return `${ratio.toFixed(2)}×`
  const inverse = 1 / ratio
  return `1/${Number.isInteger(inverse) ? inverse : inverse.toFixed(1)}`
}
