import { htmlStyle } from './html-style.ts'
import { escaped } from './markup.ts'
import { groupsOf, proofLine, titleOf, verdictOf } from './order.ts'
import type { ConformReport, RuleResult } from './report.ts'
import { timelineSvg } from './timeline-svg.ts'

/** A report as one file that needs nothing else: no script, no network; for a phone's width too. */
export function conformHtml(report: ConformReport): string {
  const { camera, counts } = report
  const isKept = counts.failedMust === 0
  const failed = report.results.filter(({ outcome }) => outcome === 'failed').toSorted(mustFirst)
  const facts = [
    `${camera.host}, port ${camera.port}`,
    ...(camera.deviceId === undefined ? [] : [camera.deviceId]),
    ...(camera.firmware === undefined ? [] : [`firmware ${camera.firmware}`]),
    `${report.startedAt.slice(0, 19).replace('T', ' ')} UTC`,
    `${(report.durationMs / 1000).toFixed(1)} s`,
  ]
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    `<title>${escaped(titleOf(report))}: conformance</title><style>${htmlStyle}</style></head><body><main>`,
    `<h1>${escaped(titleOf(report))}</h1>`,
    `<p class="facts">${facts.map(escaped).join(' · ')}</p>`,
    `<p class="verdict ${isKept ? 'kept' : 'broken'}">${escaped(verdictOf(report))}</p>`,
    ...(report.leftBehind.length > 0
      ? [
          `<p class="verdict broken">Could not be put back: ${escaped(report.leftBehind.join('; '))}</p>`,
        ]
      : []),
    ...(failed.length > 0 ? ['<h2>Broken rules</h2>', ...failed.map(card)] : []),
    ...(report.timeline.length > 0
      ? ['<h2>The recording</h2>', `<figure>${timelineSvg(report.timeline)}</figure>`, LEGEND]
      : []),
    '<h2>All rules</h2>',
    ...groupsOf(report).map(({ group, results }) => section(group, results)),
    '</main></body></html>',
    '',
  ].join('\n')
}

const LEGEND =
  '<p class="legend">Seconds from the motion. <b>taken</b>: when the pictures of each fragment were taken, by ' +
  'its arrival and its length; <b>sent</b>: from its first chunk to its last one.</p>'

function mustFirst(a: RuleResult, b: RuleResult): number {
  return a.severity.localeCompare(b.severity)
}

function card({
  rule,
  severity,
  group,
  text = '',
  checks,
  matters,
  source,
  proof,
}: RuleResult): string {
  const line =
    proof === undefined ? '' : `<dt>Proof</dt><dd><code>${escaped(proofLine(proof))}</code></dd>`
  return (
    `<article class="${severity}"><h3><code>${rule}</code> <span>${severity}, ${group}</span></h3><p>${escaped(text)}.</p>` +
    `<dl><dt>Should be</dt><dd>${escaped(checks)}</dd><dt>Users notice</dt><dd>${escaped(matters)}</dd>` +
    `<dt>Source</dt><dd>${escaped(source)}</dd>${line}</dl></article>`
  )
}

function section(group: string, results: readonly RuleResult[]): string {
  const kept = results.filter(({ outcome }) => outcome === 'passed').length
  const broken = results.some(({ outcome }) => outcome === 'failed')
  const rows = results.map(
    ({ rule, outcome, checks, text = '' }) =>
      `<tr class="${outcome}"><td>${outcome === 'passed' ? 'kept' : outcome === 'failed' ? 'broken' : 'not judged'}</td>` +
      `<td><code>${rule}</code><br>${escaped(checks)}${outcome === 'skipped' ? `<br><i>${escaped(text)}</i>` : ''}</td></tr>`,
  )
  return `<details${broken ? ' open' : ''}><summary>${group} <span>${kept} of ${results.length} kept</span></summary><table>${rows.join('')}</table></details>`
}
