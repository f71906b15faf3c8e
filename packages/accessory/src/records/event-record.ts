/** Whether a camera was ready to record when something happened, or why not. */
export type Readiness =
  | 'armed'
  | 'not-paired'
  | 'camera-off'
  | 'manually-disabled'
  | 'recording-off'
  | 'nothing-selected'

/** What became of an event. */
export type EventOutcome =
  /** It is not over. */
  | 'pending'
  /** A hub has a clip of it. */
  | 'recorded'
  /** A hub has a beginning of it. */
  | 'cut-short'
  /** There was nothing to be had: see {@link Readiness}. */
  | Exclude<Readiness, 'armed'>
  /** No controller listened for motion. */
  | 'nobody-told'
  /** Somebody was told, and nobody asked for a recording. */
  | 'never-opened'
  /** Whoever asked for a recording was refused. */
  | 'refused'
  /** The source gave nothing, or broke off. */
  | 'source-failed'
  /** The hub took nothing for ten seconds, or less than there was to take. */
  | 'stalled'
  /** The camera was stopped, or killed, before it was over. */
  | 'interrupted'
  /** Somebody looked at it live. */
  | 'watched'
  /** Somebody wanted to, and nothing could be sent. */
  | 'nothing-shown'

/** A hub that asked for a data stream. */
export interface EventSetUp {
  /** Pairing id of the hub. */
  controllerId: string
  afterMs: number
  /** When it said hello on the data stream, if it did. */
  helloAfterMs?: number | undefined
}

/** A hub that asked for a recording. */
export interface EventRecording {
  /** Pairing id of the hub, and where it connected from. */
  controllerId: string
  address?: string | undefined
  openAfterMs: number
  /** Name of the reason it was refused with; all that follows is absent then. */
  refused?: string | undefined
  initAfterMs?: number | undefined
  firstFragmentAfterMs?: number | undefined
  /** Milliseconds of media from before the hub asked. */
  prebufferMs?: number | undefined
  /** Milliseconds of media in all, where it is known. */
  mediaMs?: number | undefined
  /** The initialization is counted in the bytes, not in the fragments. */
  fragments?: number | undefined
  bytes?: number | undefined
  /** Most bytes that waited, sealed, for the hub to take them. */
  maxQueuedBytes?: number | undefined
  video?: EventVideo | undefined
  hasAudio?: boolean | undefined
  /** Absent while it runs. */
  ended?:
    | {
        afterMs: number
        by: 'hub' | 'camera' | 'connection'
        /** Name of a dataSend reason, `acknowledged`, `expired`, or why the connection was lost. */
        reason: string
      }
    | undefined
}

/** A live view that is over. */
export interface EventLive {
  /** Pairing id of who looked. */
  controllerId: string
  /** Pixels. */
  width?: number | undefined
  height?: number | undefined
  frameRate?: number | undefined
  maxBitRateKbps?: number | undefined
  firstPacketAfterMs?: number | undefined
  /** Of pictures and sound, and bytes of their payloads. */
  packets: number
  bytes: number
  /** How often key frames went alone for a while, because packets were lost. */
  thinnings?: number | undefined
  /** What the viewer said last of the pictures; absent of one that never did. */
  lostPackets?: number | undefined
  jitterMs?: number | undefined
  roundTripMs?: number | undefined
  /** Why it ended: a name of a `StreamEnd`. */
  reason: string
}

/** What a recording showed. */
export interface EventVideo {
  codec: 'h264' | 'h265'
  /** Pixels. */
  width: number
  height: number
  maxKeyFrameIntervalMs?: number | undefined
  /** Whether frames refer to later ones. */
  hasBFrames: boolean
}

/**
 * One event, from what triggered it to what became of it: plain JSON. All that a camera says of its
 * recordings afterwards comes from here.
 */
export interface EventRecord {
  /** Rises by one with each event, over restarts. */
  id: number
  /** Name of the camera. */
  camera: string
  /** When it began, ISO 8601; all other times are milliseconds after it. */
  at: string
  trigger: {
    /** `hub`: a hub asked for a recording without any event; `live`: somebody looked. */
    kind: 'motion' | 'doorbell' | 'hub' | 'live'
    /** What saw it: `control`, `program`, `key`, or a detector's name. */
    source: string
  }
  /** How often something happened before all of it was over. */
  triggers: number
  /** At the first trigger; `armed` when it was at any. */
  readiness: Readiness
  /** Pairing ids of the controllers that were told of the motion. */
  told: string[]
  motionEndedAfterMs?: number | undefined
  setUps: EventSetUp[]
  recordings: EventRecording[]
  /** Of the kind `live`: all lists are empty then. */
  live?: EventLive | undefined
  sourceFailures: { afterMs: number; message: string }[]
  /** How much more there was than the lists above have room for, which is 64 each. */
  leftOut?: number | undefined
  outcome: EventOutcome
  /** When all of it was over. */
  endedAfterMs?: number | undefined
}
