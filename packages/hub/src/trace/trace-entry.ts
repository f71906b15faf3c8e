/** Who said it. */
export type TraceSide = 'controller' | 'accessory'

/** What a trace begins with. */
export interface TraceBeginning {
  readonly type: 'trace'
  readonly version: 1
  /** ISO 8601; all times are milliseconds since then. */
  readonly startedAt: string
}

interface OnConnection {
  /** Since the trace began. */
  readonly ms: number
  /** `hap-1`, `hds-2`: numbered in the order in which they were made. */
  readonly on: string
}

/** A connection was made. */
export interface TraceOpened extends OnConnection {
  readonly type: 'opened'
  readonly host: string
  readonly port: number
}

/** A connection is over. */
export interface TraceClosed extends OnConnection {
  readonly type: 'closed'
  readonly reason: string
}

/** What came could not be read; nothing of it is kept. */
export interface TraceBroken extends OnConnection {
  readonly type: 'broken'
  readonly reason: string
}

/** One item of a pairing message. */
export interface TraceTlvItem {
  readonly type: number
  readonly length: number
  /** Hexadecimal; absent when it is left out. */
  readonly value?: string
}

/** A message of HAP, without what is secret. */
export interface TraceHttp extends OnConnection {
  readonly type: 'http'
  readonly from: TraceSide
  readonly message: 'request' | 'response' | 'event'
  readonly method?: string
  readonly path?: string
  readonly status?: number
  /** Of the body, in bytes, before anything was left out. */
  readonly length: number
  /** The body of `application/hap+json`. */
  readonly json?: unknown
  /** The body of a pairing message. */
  readonly tlv?: readonly TraceTlvItem[]
  /** What was left out, by field. */
  readonly omitted?: readonly string[]
}

/** A frame of the data stream, opened. */
export interface TraceHds extends OnConnection {
  readonly type: 'hds'
  readonly from: TraceSide
  /** Of the payload, in bytes. */
  readonly length: number
  /** The whole payload, base64; absent when it is long. */
  readonly payload?: string
  /** Of a long payload: header and message, with the lengths of data instead of data. */
  readonly header?: unknown
  readonly message?: unknown
  readonly omitted?: readonly string[]
}

/** One line of a trace. */
export type TraceEntry =
  | TraceBeginning
  | TraceOpened
  | TraceClosed
  | TraceBroken
  | TraceHttp
  | TraceHds

/** Takes the entries of a trace as they happen. May not throw. */
export type TraceSink = (entry: TraceEntry) => void
