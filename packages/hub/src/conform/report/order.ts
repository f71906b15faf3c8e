import { type ConformGroup, conformGroups } from '../rule.ts'
import type { ConformReport, Proof, RuleResult } from './report.ts'

/** The groups of a report that have rules, in their order. */
export function groupsOf(
  report: ConformReport,
): { readonly group: ConformGroup; readonly results: readonly RuleResult[] }[] {
  return conformGroups
    .map(group => ({ group, results: report.results.filter(each => each.group === group) }))
    .filter(({ results }) => results.length > 0)
}

/** What names a camera in a heading. */
export function titleOf({ camera }: ConformReport): string {
  const { name, manufacturer, model, host, port } = camera
  const what = [name, [manufacturer, model].filter(each => each !== undefined).join(' ')]
  const known = what.filter(each => each !== undefined && each !== '')
  return known.length === 0 ? `${host}, port ${port}` : known.join(', ')
}

/** A proof in one line: when, where, bytes. */
export function proofLine({ atMs, offset, hex, length }: Proof): string {
  const kept = (hex?.length ?? 0) / 2
  const more = length !== undefined && length > kept ? ` … (${length} bytes)` : ''
  return [
    ...(atMs === undefined ? [] : [`at ${(atMs / 1000).toFixed(3)} s`]),
    ...(offset === undefined ? [] : [`offset ${offset}`]),
    ...(hex === undefined ? [] : [`${hex}${more}`]),
  ].join(', ')
}

/** The verdict in one sentence. */
export function verdictOf({ counts, isComplete }: ConformReport): string {
  const { passed, failedMust, failedShould, skipped } = counts
  const all = passed + failedMust + failedShould + skipped
  const end = isComplete ? '' : ' The run was stopped.'
  return `${all} rules: ${passed} kept, ${failedMust} must and ${failedShould} should broken, ${skipped} not judged.${end}`
}
