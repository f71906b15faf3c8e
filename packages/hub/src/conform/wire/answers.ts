import type { HttpMessage } from '@hksv/hap'
import * as v from 'valibot'

/** A message of the camera, and when it was complete. */
export interface Answer extends HttpMessage {
  /** On the clock of `performance.now()`. */
  readonly at: number
}

/** What an answer says of one characteristic, as it stands there. */
export interface RawEntry {
  readonly aid: number
  readonly iid: number
  readonly status?: number | undefined
  readonly value?: unknown
  readonly ev?: unknown
  readonly perms?: unknown
  readonly format?: unknown
  readonly type?: unknown
}

const entrySchema = v.looseObject({
  aid: v.number(),
  iid: v.number(),
  status: v.optional(v.number()),
})
const entriesSchema = v.object({ characteristics: v.array(entrySchema) })
const statusSchema = v.object({ status: v.number() })

/** @returns The JSON of a body; `undefined` when it is none. */
export function jsonOf({ body }: Pick<Answer, 'body'>): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

/** @returns The entries of a body; none when it has no such form. */
export function entriesOf(answer: Pick<Answer, 'body'>): readonly RawEntry[] {
  const parsed = v.safeParse(entriesSchema, jsonOf(answer))
  return parsed.success ? parsed.output.characteristics : []
}

/** @returns The HAP status that stands alone in a body, negative whatever its sign. */
export function statusOf(answer: Pick<Answer, 'body'>): number | undefined {
  const parsed = v.safeParse(statusSchema, jsonOf(answer))
  return parsed.success ? negative(parsed.output.status) : undefined
}

/** @returns The status of an entry: 0 when it has none; negative whatever its sign. */
export function entryStatus(entry: RawEntry | undefined): number | undefined {
  return entry === undefined ? undefined : negative(entry.status ?? 0)
}

/** @returns `404` and the beginning of the body, for people. */
export function describeAnswer({ status, body }: Answer): string {
  const text = Buffer.from(body.subarray(0, 120))
    .toString('utf8')
    .replace(/[^ -~]/g, '.')
  return body.length === 0 ? `HTTP ${status}` : `HTTP ${status} ${text}`
}

function negative(status: number): number {
  return -Math.abs(status) + 0
}
