import type { ConformRule } from './rule.ts'
import { accessoriesRules } from './rules/accessories-rules.ts'
import { armingRules } from './rules/arming-rules.ts'
import { chunkRules } from './rules/chunk-rules.ts'
import { databaseRules } from './rules/database-rules.ts'
import { discoveryRules } from './rules/discovery-rules.ts'
import { doorbellRules } from './rules/doorbell-rules.ts'
import { durabilityRules } from './rules/durability-rules.ts'
import { eventRules } from './rules/event-rules.ts'
import { fmp4Rules } from './rules/fmp4-rules.ts'
import { hdsRules } from './rules/hds-rules.ts'
import { liveViewRules } from './rules/live-view-rules.ts'
import { modeRules, unarmedRules } from './rules/mode-rules.ts'
import { offerRules } from './rules/offer-rules.ts'
import { pairingRules } from './rules/pairing-rules.ts'
import { lastPairingRules, pairingsRules } from './rules/pairings-rules.ts'
import { readingRules } from './rules/reading-rules.ts'
import { recordingEndRules } from './rules/recording-end-rules.ts'
import { recordingRules } from './rules/recording-rules.ts'
import { sessionRules } from './rules/session-rules.ts'
import { setupRules } from './rules/setup-rules.ts'
import { snapshotRules } from './rules/snapshot-rules.ts'
import { writingRules } from './rules/writing-rules.ts'

/**
 * All rules, in the order in which they are judged: what has to be asked before pairing, and before
 * arming, comes first; the prebuffer fills while connections and characteristics are judged; what
 * leaves nothing to judge comes last.
 */
export const conformRules: readonly ConformRule[] = [
  ...discoveryRules,
  ...pairingRules,
  ...databaseRules,
  ...accessoriesRules,
  ...unarmedRules,
  ...offerRules,
  ...armingRules,
  ...sessionRules,
  ...readingRules,
  ...writingRules,
  ...eventRules,
  ...pairingsRules,
  ...setupRules,
  ...hdsRules,
  ...recordingRules,
  ...chunkRules,
  ...recordingEndRules,
  ...fmp4Rules,
  ...modeRules,
  ...snapshotRules,
  ...doorbellRules,
  ...liveViewRules,
  ...durabilityRules,
  ...lastPairingRules,
]
