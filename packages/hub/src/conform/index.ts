export { conform } from './conform.ts'
export type { Announcement } from './evidence/announcement.ts'
export type { ConformOptions } from './options.ts'
export type {
  ConformProgress,
  ConformReport,
  ConformSubject,
  Proof,
  RuleResult,
  TimelineItem,
} from './report/report.ts'
export {
  type ConformGroup,
  type ConformNeed,
  type ConformRule,
  conformGroups,
  conformNeeds,
} from './rule.ts'
export { conformRules } from './rules.ts'
