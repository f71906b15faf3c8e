import type { ConformGroup } from '../rule.ts'

/** What shows that a rule is broken. */
export interface Proof {
  /** The first 64 bytes, in hex. */
  readonly hex?: string
  /** How many bytes there are in all. */
  readonly length?: number
  /** Where in what was received, in bytes. */
  readonly offset?: number
  /** Milliseconds since the run began. */
  readonly atMs?: number
}

/** What came of one rule. */
export interface RuleResult {
  readonly rule: string
  readonly group: ConformGroup
  readonly severity: 'must' | 'should'
  readonly checks: string
  readonly matters: string
  readonly source: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Of a failure what was found, of a skipped rule why it could not be judged. */
  readonly text?: string
  readonly proof?: Proof
  readonly durationMs: number
}

/** One thing on the time line of the recording; times are milliseconds from the motion, or the opening. */
export type TimelineItem =
  | {
      readonly kind: 'trigger' | 'motion' | 'setup' | 'hello' | 'open' | 'close' | 'lost'
      readonly atMs: number
    }
  | {
      readonly kind: 'init' | 'fragment'
      /** When its first chunk came. */
      readonly atMs: number
      /** When its last chunk came. */
      readonly endMs: number
      readonly sequence: number
      readonly chunks: number
      readonly bytes: number
      /** Of a fragment: from the beginning of the video. */
      readonly mediaStartMs?: number
      readonly mediaDurationMs?: number
    }

/** The camera as it describes itself. */
export interface ConformSubject {
  readonly host: string
  readonly port: number
  readonly deviceId?: string
  readonly name?: string
  readonly manufacturer?: string
  readonly model?: string
  readonly firmware?: string
}

/** What a run found. */
export interface ConformReport {
  readonly format: 1
  readonly camera: ConformSubject
  /** ISO 8601. */
  readonly startedAt: string
  readonly durationMs: number
  /** Whether every rule was looked at; false when the run was stopped. */
  readonly isComplete: boolean
  readonly isDestructive: boolean
  readonly counts: {
    readonly passed: number
    readonly failedMust: number
    readonly failedShould: number
    readonly skipped: number
  }
  readonly results: readonly RuleResult[]
  readonly timeline: readonly TimelineItem[]
  /** What the run changed and could not put back; empty as a rule. */
  readonly leftBehind: readonly string[]
}

/** What happens during a run. */
export type ConformProgress =
  | { readonly step: 'note'; readonly text: string }
  | {
      readonly step: 'rule'
      readonly result: RuleResult
      readonly done: number
      readonly of: number
    }
