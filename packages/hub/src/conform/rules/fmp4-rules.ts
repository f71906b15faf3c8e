import { type Finding, type InspectionRule, inspectionRules } from '@hksv/fmp4'

import { recording } from '../evidence/recording.ts'
import type { ConformRule, Fault } from '../rule.ts'
import { inspectionTexts } from './fmp4-texts.ts'

/** Judged by rules of the recording: what is selected decides, and the camera may make them shorter. */
const ELSEWHERE: ReadonlySet<string> = new Set(['fragment-duration'])

const names = (Object.keys(inspectionRules) as InspectionRule[]).filter(
  name => !ELSEWHERE.has(name),
)

/** What the recording consists of: one rule for each of the inspector of `@hksv/fmp4`. */
export const fmp4Rules: readonly ConformRule[] = names.map(name => {
  const [severity, checks, matters, source] = inspectionTexts[name]
  return {
    name: `fmp4-${name}`,
    group: 'fmp4',
    severity,
    checks,
    matters,
    source,
    needs: ['recording'],
    judge: async lab => faultOf((await lab.get(recording)).fragments, name),
  }
})

type Inspected = Awaited<ReturnType<typeof recording.run>>['fragments']

function faultOf(fragments: Inspected, name: InspectionRule): Fault | undefined {
  for (const { sequence, findings, data, chunks } of fragments) {
    const found = findings.filter(({ rule }) => rule === name)
    const [first] = found
    if (first === undefined) continue
    const { offset } = first
    const at = chunks.at(-1)?.at
    const more = found.length > 1 ? ` (and ${found.length - 1} more)` : ''
    const text = `fragment ${sequence}, ${where(first)}: ${first.text}${more}`
    return { text, bytes: data.subarray(offset), offset, ...(at !== undefined && { at }) }
  }
  return undefined
}

function where({ box }: Finding): string {
  return box === '' ? 'as a whole' : box
}
