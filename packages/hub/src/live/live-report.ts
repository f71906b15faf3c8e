import {
  type LiveQuality,
  type LiveReceiver,
  type LiveRule,
  type LiveRuleText,
  liveRules,
} from '@hksv/media/live'

import type { LiveChoice } from './choose-stream.ts'

/** How a live view ended. */
export interface LiveEnd {
  readonly by: 'hub' | 'camera' | 'connection'
  /** `closed`, `cancelled`, `goodbye`, `silent`, or why the connection ended. */
  readonly reason: string
}

/** How a rule was broken. */
export interface LiveViolation {
  readonly rule: LiveRule
  readonly level: LiveRuleText['level']
  /** What the rule says. */
  readonly says: string
  /** How often it was broken. */
  readonly count: number
  /** When first, from the start. */
  readonly firstMs: number
  /** What was found then. */
  readonly detail: string
}

/** One track in numbers. */
export interface LiveTrackReport {
  readonly packets: number
  /** Of RTP packets, their headers included. */
  readonly bytes: number
  /** Packets that never came. */
  readonly lost: number
  /** Pictures left out because of what was lost or damaged. */
  readonly dropped: number
  readonly jitterMs: number
  readonly senderReports: number
  /** From the start to the first packet; absent when none came. */
  readonly firstPacketMs?: number
  readonly findings: readonly LiveViolation[]
}

/** A live view in numbers. */
export interface LiveReport {
  readonly choice: LiveChoice
  /** From the start until now, or until its end. */
  readonly durationMs: number
  readonly video: LiveTrackReport
  /** Absent when no sound was selected. */
  readonly audio?: LiveTrackReport
  /** Samples that were not taken in time. */
  readonly untaken: number
  /** False when a rule that is a must was broken. */
  readonly isGood: boolean
  /** Absent while it runs. */
  readonly end?: LiveEnd
}

/** What a track's receiver has counted and found. @param startedAt On the clock of the receiver. */
export function trackReport(receiver: LiveReceiver, startedAt: number): LiveTrackReport {
  const { packets, bytes, lost, dropped } = receiver.statistics
  const { jitterMs, senderReports, firstPacketAt }: LiveQuality = receiver.quality
  const findings = receiver.findings().map(({ rule, count, firstAt, detail }) => {
    const { level, says } = liveRules[rule]
    return { rule, level, says, count, firstMs: Math.round(firstAt - startedAt), detail }
  })
  return {
    ...{ packets, bytes, lost, dropped, jitterMs, senderReports },
    ...(firstPacketAt !== undefined && { firstPacketMs: firstPacketAt - startedAt }),
    findings,
  }
}

/** Whether no rule was broken that is a must. */
export function isGood({ findings }: LiveTrackReport): boolean {
  return findings.every(({ level }) => level !== 'must')
}
