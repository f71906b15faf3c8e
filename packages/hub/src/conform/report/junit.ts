import { escaped } from './markup.ts'
import { groupsOf, proofLine, titleOf } from './order.ts'
import type { ConformReport, RuleResult } from './report.ts'

/**
 * A report as CI systems read it: a suite a group, a case a rule. A broken `should` is no failure, but
 * stands in the output of its case.
 *
 * @see the schema of Jenkins' JUnit plug-in
 */
export function conformJUnit(report: ConformReport): string {
  const { counts, durationMs, startedAt } = report
  const tests = report.results.length
  const suites = groupsOf(report).map(({ group, results }) => {
    const failures = results.filter(isFailure).length
    const skipped = results.filter(({ outcome }) => outcome === 'skipped').length
    const time = seconds(results.reduce((sum, each) => sum + each.durationMs, 0))
    const head = `name="${group}" tests="${results.length}" failures="${failures}" errors="0" skipped="${skipped}"`
    return [
      `  <testsuite ${head} time="${time}" timestamp="${startedAt.slice(0, 19)}">`,
      ...results.map(testCase),
      '  </testsuite>',
    ].join('\n')
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escaped(titleOf(report))}" tests="${tests}" failures="${counts.failedMust}" errors="0" skipped="${counts.skipped}" time="${seconds(durationMs)}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase(result: RuleResult): string {
  const { rule, group, durationMs, outcome, text = '' } = result
  const open = `    <testcase classname="${group}" name="${rule}" time="${seconds(durationMs)}"`
  if (outcome === 'passed') return `${open}/>`
  if (outcome === 'skipped') return `${open}><skipped message="${escaped(text)}"/></testcase>`
  const details = escaped(explained(result))
  const body = isFailure(result)
    ? `<failure type="must" message="${escaped(text)}">${details}</failure>`
    : `<system-out>${details}</system-out>`
  return `${open}>${body}</testcase>`
}

function explained({ severity, text = '', checks, matters, source, proof }: RuleResult): string {
  const lines = [
    `${severity}: ${text}`,
    `Should be: ${checks}.`,
    `Users notice: ${matters}.`,
    `Source: ${source}.`,
  ]
  return [...lines, ...(proof === undefined ? [] : [`Proof: ${proofLine(proof)}`])].join('\n')
}

function isFailure({ outcome, severity }: RuleResult): boolean {
  return outcome === 'failed' && severity === 'must'
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
