import type { ConformRule } from './rule.ts'
import { databaseRules } from './rules/database-rules.ts'
import { discoveryRules } from './rules/discovery-rules.ts'
import { eventRules } from './rules/event-rules.ts'
import { pairingRules } from './rules/pairing-rules.ts'
import { lastPairingRules, pairingsRules } from './rules/pairings-rules.ts'
import { readingRules } from './rules/reading-rules.ts'
import { sessionRules } from './rules/session-rules.ts'
import { writingRules } from './rules/writing-rules.ts'

/**
 * All rules, in the order in which they are judged: what has to be asked before pairing, and before
 * arming, comes first, and what leaves nothing to judge comes last.
 */
export const conformRules: readonly ConformRule[] = [
  ...discoveryRules,
  ...pairingRules,
  ...databaseRules,
  ...sessionRules,
  ...readingRules,
  ...writingRules,
  ...eventRules,
  ...pairingsRules,
  ...lastPairingRules,
]
