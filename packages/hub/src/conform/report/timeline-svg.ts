import type { TimelineItem } from './report.ts'

type Fragment = Extract<TimelineItem, { readonly kind: 'init' | 'fragment' }>

const WIDTH = 960
const LEFT = 84
const RIGHT = 24
const ROW = 34

const MARKS: Readonly<Record<string, string>> = {
  trigger: 'trigger',
  motion: 'motion',
  setup: 'set-up',
  hello: 'hello',
  open: 'opened',
  close: 'closed',
  lost: 'lost',
}

/** When everything of a recording happened, as a drawing; nothing when there was no recording. */
export function timelineSvg(items: readonly TimelineItem[]): string {
  if (items.length === 0) return ''
  const fragments = items.filter((item): item is Fragment => 'endMs' in item)
  const beginning = beginningOf(fragments)
  const times = items.flatMap(item => ['endMs' in item ? item.endMs : item.atMs, item.atMs])
  const from = Math.min(...times, beginning ?? 0)
  const to = Math.max(...times, from + 1000)
  const x = (ms: number) => LEFT + ((ms - from) / (to - from)) * (WIDTH - LEFT - RIGHT)
  const marks = items.filter(item => !('endMs' in item))
  const top = 12 * marks.length + 14
  const height = top + 2 * ROW + 24
  const names = [
    ['events', 14],
    ['taken', top + 16],
    ['sent', top + 16 + ROW],
  ] as const
  const parts = [
    ...axis(from, to, x, height),
    ...names.map(([name, y]) => `<text class="row" x="0" y="${y}">${name}</text>`),
    ...marks.map((item, i) => mark(item, x, { y: 12 + i * 12, bottom: top })),
    ...fragments.map(each => fragment(each, { x, top, beginning })),
  ]
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Timeline of the recording">${parts.join('')}</svg>`
}

/** When the first picture was taken: a live fragment arrives when it ends, and delays make it later only. */
function beginningOf(fragments: readonly Fragment[]): number | undefined {
  const known = fragments.flatMap(({ endMs, mediaStartMs, mediaDurationMs }) =>
    mediaStartMs === undefined || mediaDurationMs === undefined
      ? []
      : [endMs - mediaStartMs - mediaDurationMs],
  )
  return known.length === 0 ? undefined : Math.min(...known)
}

type Scale = (ms: number) => number

function axis(from: number, to: number, x: Scale, height: number): string[] {
  const step = to - from > 20_000 ? 5000 : to - from > 8000 ? 2000 : 1000
  const ticks: string[] = []
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const on = x(at).toFixed(1)
    ticks.push(`<line class="tick" x1="${on}" x2="${on}" y1="4" y2="${height - 20}"/>`)
    ticks.push(`<text class="axis" x="${on}" y="${height - 6}">${at / 1000} s</text>`)
  }
  return ticks
}

/** Set-up, hello and opening are milliseconds apart: each has a line of its own. */
function mark(item: TimelineItem, x: Scale, { y, bottom }: { y: number; bottom: number }): string {
  const label = `${MARKS[item.kind] ?? item.kind} ${item.atMs} ms`
  const at = x(item.atMs)
  const isLate = at > WIDTH - 120
  const text = `<text class="mark" x="${at.toFixed(1)}" dx="${isLate ? -4 : 4}"${isLate ? ' text-anchor="end"' : ''} y="${y}">${label}</text>`
  const line = `<line class="mark ${item.kind}" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${y - 8}" y2="${bottom}"/>`
  return `<g>${line}${text}</g>`
}

function fragment(
  item: Fragment,
  { x, top, beginning }: { x: Scale; top: number; beginning: number | undefined },
): string {
  const { sequence, chunks, bytes, atMs, endMs, mediaStartMs, mediaDurationMs } = item
  const what = item.kind === 'init' ? 'initialization' : `fragment ${sequence}`
  const length =
    mediaDurationMs === undefined ? '' : `, media ${mediaStartMs} ms + ${mediaDurationMs} ms`
  const title = `<title>${what}: ${atMs} to ${endMs} ms, ${chunks} chunks, ${bytes} bytes${length}</title>`
  const width = Math.max(3, x(endMs) - x(atMs)).toFixed(1)
  const sent = `<rect class="sent ${item.kind}" x="${x(atMs).toFixed(1)}" y="${top + 3 + ROW}" width="${width}" height="18"/>`
  if (mediaStartMs === undefined || mediaDurationMs === undefined || beginning === undefined)
    return `<g>${title}${sent}</g>`
  const left = x(beginning + mediaStartMs)
  const right = x(beginning + mediaStartMs + mediaDurationMs) - 2
  const taken =
    `<rect class="taken" x="${left.toFixed(1)}" y="${top + 3}" width="${Math.max(1, right - left).toFixed(1)}" height="18" rx="3"/>` +
    `<text class="number" x="${((left + right) / 2).toFixed(1)}" y="${top + 16}">${sequence}: ${(mediaDurationMs / 1000).toFixed(2)} s, ${chunks} chunks</text>`
  return `<g>${title}${taken}${sent}</g>`
}
