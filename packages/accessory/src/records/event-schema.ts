import * as v from 'valibot'

import type { EventRecord } from './event-record.ts'

const text = v.pipe(v.string(), v.maxLength(256))
const count = v.pipe(v.number(), v.minValue(0))
const array = <T>(item: v.GenericSchema<unknown, T>) => v.pipe(v.array(item), v.maxLength(64))

const notReady = [
  'not-paired',
  'camera-off',
  'manually-disabled',
  'recording-off',
  'nothing-selected',
] as const

const setupSchema = v.object({
  controllerId: text,
  afterMs: count,
  helloAfterMs: v.optional(count),
})

const recordingSchema = v.object({
  controllerId: text,
  address: v.optional(text),
  openAfterMs: count,
  refused: v.optional(text),
  initAfterMs: v.optional(count),
  firstFragmentAfterMs: v.optional(count),
  prebufferMs: v.optional(count),
  mediaMs: v.optional(count),
  fragments: v.optional(count),
  bytes: v.optional(count),
  maxQueuedBytes: v.optional(count),
  video: v.optional(
    v.object({
      codec: v.picklist(['h264', 'h265']),
      width: count,
      height: count,
      maxKeyFrameIntervalMs: v.optional(count),
      hasBFrames: v.boolean(),
    }),
  ),
  hasAudio: v.optional(v.boolean()),
  ended: v.optional(
    v.object({
      afterMs: count,
      by: v.picklist(['hub', 'camera', 'connection']),
      reason: text,
    }),
  ),
})

const liveSchema = v.object({
  controllerId: text,
  width: v.optional(count),
  height: v.optional(count),
  frameRate: v.optional(count),
  maxBitRateKbps: v.optional(count),
  firstPacketAfterMs: v.optional(count),
  packets: count,
  bytes: count,
  thinnings: v.optional(count),
  lostPackets: v.optional(count),
  jitterMs: v.optional(count),
  roundTripMs: v.optional(count),
  reason: text,
})

const failureSchema = v.object({ afterMs: count, message: text })

const recordSchema: v.GenericSchema<unknown, EventRecord> = v.object({
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  camera: text,
  at: v.pipe(v.string(), v.isoTimestamp()),
  trigger: v.object({
    kind: v.picklist(['motion', 'doorbell', 'hub', 'live']),
    source: text,
  }),
  triggers: count,
  readiness: v.picklist(['armed', ...notReady]),
  told: array(text),
  motionEndedAfterMs: v.optional(count),
  setUps: array(setupSchema),
  recordings: array(recordingSchema),
  live: v.optional(liveSchema),
  sourceFailures: array(failureSchema),
  leftOut: v.optional(count),
  outcome: v.picklist([
    'pending',
    'recorded',
    'cut-short',
    ...notReady,
    'nobody-told',
    'never-opened',
    'refused',
    'source-failed',
    'stalled',
    'interrupted',
    'watched',
    'nothing-shown',
  ]),
  endedAfterMs: v.optional(count),
})

/** @returns What `json` says, or nothing when it is no record. */
export function parseEventRecord(json: unknown): EventRecord | undefined {
  const parsed = v.safeParse(recordSchema, json)
  return parsed.success ? parsed.output : undefined
}
