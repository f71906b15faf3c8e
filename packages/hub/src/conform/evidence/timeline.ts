import type { Lab } from '../lab.ts'
import type { TimelineItem } from '../report/report.ts'
import { recording } from './recording.ts'

/** What happened around the recording, by time; nothing when there was none. */
export async function timelineOf(lab: Lab): Promise<TimelineItem[]> {
  const evidence = await lab.peek(recording)
  if (evidence === undefined) return []
  const { moments, fragments, endedBy } = evidence
  const since = (at: number) => Math.round(at - moments.motion)
  const marks: TimelineItem[] = [
    ...(lab.options.trigger === undefined
      ? []
      : [{ kind: 'trigger', atMs: since(moments.trigger) } as const]),
    { kind: 'motion', atMs: 0 },
    { kind: 'setup', atMs: since(moments.setup) },
    { kind: 'hello', atMs: since(moments.hello) },
    { kind: 'open', atMs: since(moments.opened) },
    { kind: endedBy === 'connection' ? 'lost' : 'close', atMs: since(moments.close) },
  ]
  const media = fragments.map((fragment): TimelineItem => {
    const { chunks, sequence, data, isInit, startMs, durationMs } = fragment
    const span = { atMs: since(chunks[0]?.at ?? 0), endMs: since(chunks.at(-1)?.at ?? 0) }
    const common = { ...span, sequence, chunks: chunks.length, bytes: data.length }
    if (isInit) return { kind: 'init', ...common }
    return {
      kind: 'fragment',
      ...common,
      mediaStartMs: Math.round(startMs),
      mediaDurationMs: Math.round(durationMs),
    }
  })
  return [...marks, ...media].toSorted((a, b) => a.atMs - b.atMs)
}
