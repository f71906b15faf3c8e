import type { RemoteDatabase } from '@hksv/hub'

import type { Frame, ReadTrace } from './read-trace.ts'
import { summarize } from './summary.ts'

/** Columns of a line; the chart stands between two bars. */
const WIDTH = 80
const HEAD = 5 + 10 + 2
const INNER = WIDTH - HEAD - 2

/**
 * Draws a trace as a sequence chart: number, seconds, and an arrow from who says something to who
 * hears it; `-` for HAP, `=` for the data stream. No line is wider than 80 columns.
 */
export function* drawChart({ frames, database }: ReadTrace): Generator<string> {
  const sides = `controller${' '.repeat(INNER - 'controlleraccessory'.length + 2)}accessory`
  yield `${'#'.padStart(4)} ${'seconds'.padStart(10)}  ${sides}`
  for (const [i, frame] of frames.entries()) {
    const seconds = (frame.ms / 1000).toFixed(6)
    yield `${`${i + 1}`.padStart(4)} ${seconds.padStart(10)}  |${arrow(frame, database)}|`
  }
}

function arrow(frame: Frame, database: RemoteDatabase | undefined): string {
  const text = `${frame.on} ${summarize(frame, database)}`
  if (!('from' in frame)) return fill(text, '·', 'both')
  const line = frame.type === 'hds' ? '=' : '-'
  return frame.from === 'controller'
    ? `${fill(text, line, 'right')}>`
    : `<${fill(text, line, 'left')}`
}

/** Puts a text into a line of dashes, and cuts what is too long. */
function fill(text: string, line: string, towards: 'left' | 'right' | 'both'): string {
  const width = towards === 'both' ? INNER : INNER - 1
  const room = width - 4
  const points = [...text]
  const shown = points.length > room ? `${points.slice(0, room - 1).join('')}…` : text
  const rest = width - [...shown].length - 2
  const before = towards === 'left' ? rest - 1 : 1
  return `${line.repeat(before)} ${shown} ${line.repeat(rest - before)}`
}
