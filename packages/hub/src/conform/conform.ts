import { isHubError } from '../errors.ts'
import { subjectOf } from './evidence/subject.ts'
import { timelineOf } from './evidence/timeline.ts'
import { isOfCamera, Lab, reasonOf } from './lab.ts'
import { meetNeeds } from './needs.ts'
import type { ConformOptions } from './options.ts'
import type { ConformReport, Proof, RuleResult } from './report/report.ts'
import { type ConformRule, ExperimentFailed, type Fault, NotJudged } from './rule.ts'
import { conformRules } from './rules.ts'

const PROOF_BYTES = 64

/**
 * Holds a camera against {@link conformRules} and leaves it as it was found.
 *
 * @throws HubError `HUB_UNREACHABLE` when nothing answers at the address, before anything is judged.
 * @example
 * const report = await conform({ store, address, accessory, trigger: async () => moveSomething() })
 * console.log(report.counts.failedMust)
 */
export async function conform(options: ConformOptions): Promise<ConformReport> {
  const stop = new AbortController()
  const stopped = () => stop.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', stopped)
  if (options.signal?.aborted === true) stopped()
  const startedAt = new Date().toISOString()
  const lab = new Lab(options, stop.signal)
  const results: RuleResult[] = []
  let leftBehind: string[] = []
  try {
    const probe = await lab.open()
    probe.close()
    const selected = conformRules.filter(options.select ?? (() => true))
    let lost: string | undefined
    for (const rule of selected) {
      const result = await judge(lab, rule, lost)
      if (lost === undefined && result.outcome === 'failed' && (await isGone(lab))) {
        lost = `the camera answers no more since ${rule.name}`
      }
      results.push(result)
      options.onProgress?.({ step: 'rule', result, done: results.length, of: selected.length })
    }
  } finally {
    leftBehind = await lab.close()
    options.signal?.removeEventListener('abort', stopped)
  }
  const count = (outcome: RuleResult['outcome'], severity?: RuleResult['severity']) =>
    results.filter(
      each => each.outcome === outcome && (severity ?? each.severity) === each.severity,
    ).length
  return {
    format: 1,
    camera: await subjectOf(lab),
    startedAt,
    durationMs: Math.round(performance.now() - lab.startedAt),
    isComplete: options.signal?.aborted !== true,
    isDestructive: options.isDestructive === true,
    counts: {
      passed: count('passed'),
      failedMust: count('failed', 'must'),
      failedShould: count('failed', 'should'),
      skipped: count('skipped'),
    },
    results,
    timeline: await timelineOf(lab),
    leftBehind,
  }
}

/** Whether nothing answers at the address any more: the rest cannot be judged. */
async function isGone(lab: Lab): Promise<boolean> {
  try {
    const probe = await lab.open()
    probe.close()
    return false
  } catch (error) {
    return isHubError(error) && error.code === 'HUB_UNREACHABLE'
  }
}

/** Judges one rule; nothing it does ends the run. */
async function judge(lab: Lab, rule: ConformRule, lost: string | undefined): Promise<RuleResult> {
  const startedAt = performance.now()
  const { name, group, severity, checks, matters, source } = rule
  const verdict: Verdict =
    lost === undefined ? await verdictOf(lab, rule) : { outcome: 'skipped', text: lost }
  const durationMs = Math.round(performance.now() - startedAt)
  return { rule: name, group, severity, checks, matters, source, ...verdict, durationMs }
}

type Verdict = Pick<RuleResult, 'outcome' | 'text' | 'proof'>

async function verdictOf(lab: Lab, rule: ConformRule): Promise<Verdict> {
  const skipped = (text: string): Verdict => ({ outcome: 'skipped', text })
  if (lab.signal.aborted) return skipped('the run was stopped')
  if (rule.isDestructive === true && lab.options.isDestructive !== true) {
    return skipped(
      'it may end the camera, or change what cannot be put back: allow it with --destructive',
    )
  }
  try {
    await meetNeeds(lab, rule)
    const fault = await rule.judge(lab)
    return fault === undefined ? { outcome: 'passed' } : failed(lab, fault)
  } catch (error) {
    if (lab.signal.aborted) return skipped('the run was stopped')
    const isOwn = error instanceof ExperimentFailed && error.rule === rule.name
    if (error instanceof NotJudged && !isOwn) return skipped(error.message)
    // What a camera does to a rule's own requests is the camera's fault; a mistake of ours is not.
    if (!isOwn && !isOfCamera(error)) throw error
    return failed(lab, { text: reasonOf(error) })
  }
}

function failed(lab: Lab, { text, bytes, offset, at }: Fault): Verdict {
  const proof: Proof = {
    ...(bytes && {
      hex: Buffer.from(bytes.subarray(0, PROOF_BYTES)).toString('hex'),
      length: bytes.length,
    }),
    ...(offset !== undefined && { offset }),
    ...(at !== undefined && { atMs: Math.round(at - lab.startedAt) }),
  }
  return { outcome: 'failed', text, ...(Object.keys(proof).length > 0 && { proof }) }
}
