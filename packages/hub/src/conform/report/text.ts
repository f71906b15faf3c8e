import type { ConformRule } from '../rule.ts'
import { groupsOf, proofLine, titleOf, verdictOf } from './order.ts'
import type { ConformReport, RuleResult } from './report.ts'

/** How a line is shown: `strong` and `dim` carry no meaning of their own. */
export type TextStyle = (style: 'strong' | 'good' | 'bad' | 'warn' | 'dim', text: string) => string

const plain: TextStyle = (_style, text) => text
const WIDTH = 80

/** A report as a terminal shows it: groups, broken rules explained, what was not judged and why. */
export function conformText(report: ConformReport, style: TextStyle = plain): string {
  const lines = [style('strong', titleOf(report)), '']
  for (const { group, results } of groupsOf(report)) {
    const count = (outcome: RuleResult['outcome']) =>
      results.filter(each => each.outcome === outcome).length
    const broken = count('failed')
    const mark =
      broken > 0 ? style('bad', `${broken} broken`.padStart(10)) : style('good', '          ')
    const skipped = count('skipped') > 0 ? style('dim', `  ${count('skipped')} not judged`) : ''
    lines.push(`${group.padEnd(16)}${`${count('passed')} kept`.padStart(9)}${mark}${skipped}`)
  }
  for (const result of report.results)
    if (result.outcome === 'failed') lines.push('', ...explain(result, style))
  lines.push('', ...skippedLines(report.results, style), ...wrap(verdictOf(report), ''))
  for (const each of report.leftBehind) lines.push(...wrap(`Could not be put back: ${each}`, ''))
  return lines.join('\n')
}

/** Rules as a list: name, severity, what is checked. */
export function conformList(rules: readonly ConformRule[], style: TextStyle = plain): string {
  return rules
    .flatMap(({ name, group, severity, checks, isDestructive }) => [
      `${style('strong', name)}  ${style('dim', `${group}, ${severity}${isDestructive === true ? ', --destructive' : ''}`)}`,
      ...wrap(checks, '    '),
    ])
    .join('\n')
}

function explain(
  { rule, severity, text = '', checks, matters, source, proof }: RuleResult,
  style: TextStyle,
): string[] {
  const word = severity === 'must' ? style('bad', severity) : style('warn', severity)
  const row = (name: string, value: string) => {
    const [first = '', ...rest] = wrap(value, ' '.repeat(18))
    return [`    ${style('dim', name.padEnd(14))}${first.trimStart()}`, ...rest]
  }
  return [
    `${word}  ${style('strong', rule)}`,
    ...wrap(text, '    '),
    ...row('should be', checks),
    ...row('users notice', matters),
    ...row('source', source),
    ...(proof === undefined ? [] : row('proof', proofLine(proof))),
  ]
}

/** One line a reason, not one a rule. */
function skippedLines(results: readonly RuleResult[], style: TextStyle): string[] {
  const reasons = new Map<string, string[]>()
  for (const { outcome, text = '', rule } of results) {
    if (outcome === 'skipped') reasons.set(text, [...(reasons.get(text) ?? []), rule])
  }
  const lines = [...reasons].flatMap(([reason, rules]) => {
    const [first = ''] = rules
    const which = rules.length === 1 ? first : `${rules.length} rules`
    return wrap(`${which} not judged: ${reason}.`, '    ').map((line, i) =>
      i === 0 ? line.trimStart() : line,
    )
  })
  return lines.length === 0 ? [] : [...lines.map(line => style('dim', line)), '']
}

/** Breaks at spaces, and where there are none. */
function wrap(text: string, indent: string): string[] {
  const room = WIDTH - indent.length
  const lines: string[] = []
  let line = ''
  for (const word of text
    .split(/\s+/)
    .flatMap(each => each.match(new RegExp(`.{1,${room}}`, 'gu')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(indent + line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, ...(line === '' ? [] : [indent + line])]
}
