import { RemoteDatabase, type TraceEntry } from '@hksv/hub'
import * as v from 'valibot'

import { UsageError } from '../../failure.ts'

const side = v.picklist(['controller', 'accessory'])
const texts = v.array(v.string())
const on = { ms: v.number(), on: v.string() }
const omitted = v.optional(texts)

const entrySchema = v.variant('type', [
  v.object({ type: v.literal('trace'), version: v.literal(1), startedAt: v.string() }),
  v.object({ type: v.literal('opened'), ...on, host: v.string(), port: v.number() }),
  v.object({ type: v.literal('closed'), ...on, reason: v.string() }),
  v.object({ type: v.literal('broken'), ...on, reason: v.string() }),
  v.object({
    type: v.literal('http'),
    ...on,
    from: side,
    message: v.picklist(['request', 'response', 'event']),
    method: v.optional(v.string()),
    path: v.optional(v.string()),
    status: v.optional(v.number()),
    length: v.number(),
    json: v.optional(v.unknown()),
    tlv: v.optional(
      v.array(v.object({ type: v.number(), length: v.number(), value: v.optional(v.string()) })),
    ),
    omitted,
  }),
  v.object({
    type: v.literal('hds'),
    ...on,
    from: side,
    length: v.number(),
    payload: v.optional(v.string()),
    header: v.optional(v.unknown()),
    message: v.optional(v.unknown()),
    omitted,
  }),
])

/** What happened on a connection: a line of the chart. */
export type Frame = Exclude<TraceEntry, { type: 'trace' }>

/** A trace that was read. */
export interface ReadTrace {
  readonly startedAt: string
  /** Frame N is at N - 1. */
  readonly frames: readonly Frame[]
  /** The line that could not be read, if there was one: the trace is cut there. */
  readonly cutAtLine: number | undefined
  /** The last database that came by, for the names of what is read and written. */
  readonly database: RemoteDatabase | undefined
}

/**
 * Reads a trace, up to where it is cut.
 *
 * @throws UsageError when it is none.
 */
export function readTrace(bytes: Uint8Array, name: string): ReadTrace {
  const lines = Buffer.from(bytes).toString('utf8').split('\n')
  const first = parseLine(lines[0] ?? '')
  if (first?.type !== 'trace') {
    throw new UsageError(`${name} is no trace. Write one with hksv hub … --trace FILE.`)
  }
  const frames: Frame[] = []
  let cutAtLine: number | undefined
  let database: RemoteDatabase | undefined
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line === '') continue
    const entry = parseLine(line)
    if (entry === undefined || entry.type === 'trace') {
      cutAtLine = i + 1
      break
    }
    frames.push(entry)
    database = databaseIn(entry) ?? database
  }
  return { startedAt: first.startedAt, frames, cutAtLine, database }
}

function parseLine(line: string): TraceEntry | undefined {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    // Cut, as it may be.
    return undefined
  }
  const parsed = v.safeParse(entrySchema, json)
  // Of what is optional nothing is there as undefined: it came from JSON.
  return parsed.success ? (parsed.output as TraceEntry) : undefined
}

function databaseIn(frame: Frame): RemoteDatabase | undefined {
  if (frame.type !== 'http' || frame.path !== '/accessories' || frame.status !== 200) return
  try {
    return RemoteDatabase.parse(frame.json)
  } catch {
    // The names are for comfort: a chart can do without.
    return undefined
  }
}
