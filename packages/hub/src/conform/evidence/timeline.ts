import type { Lab } from '../lab.ts'
import type { TimelineItem } from '../report/report.ts'

/** What happened around the recording, by time; nothing when there was none. */
export async function timelineOf(_lab: Lab): Promise<TimelineItem[]> {
  return []
}
