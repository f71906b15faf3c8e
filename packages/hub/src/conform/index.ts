export { conform } from './conform.ts'
export type { Announcement } from './evidence/announcement.ts'
export type { ConformOptions } from './options.ts'
export { conformHtml } from './report/html.ts'
export { conformJUnit } from './report/junit.ts'
export type {
  ConformProgress,
  ConformReport,
  ConformSubject,
  Proof,
  RuleResult,
  TimelineItem,
} from './report/report.ts'
export { conformMarkdown } from './report/table.ts'
export { conformList, conformText, type TextStyle } from './report/text.ts'
export {
  type ConformGroup,
  type ConformNeed,
  type ConformRule,
  conformGroups,
  conformNeeds,
} from './rule.ts'
export { conformRules } from './rules.ts'
