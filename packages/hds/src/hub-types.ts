import type { CryptoProvider } from '@hksv/crypto'

import type { FailedEvent } from './data-stream.ts'
import type { HdsKeys } from './keys.ts'
import type { NoticeEvent } from './notices.ts'
import type { HdsViolation } from './violations.ts'

/** What {@link HdsHub} begins with. */
export interface HdsHubOptions {
  readonly crypto: CryptoProvider
  readonly keys: HdsKeys
  /** `length` unpredictable bytes, for the numbers of requests. */
  readonly random: (length: number) => Uint8Array
  /** When the connection was made: the answer to hello has to be there 10 s later. */
  readonly now: number
  /** How long an accessory may send nothing while it records (default 8000 ms, as hubs do). */
  readonly readTimeoutMs?: number
}

/** What the program can tell {@link HdsHub}. */
export type HdsHubCommand =
  /** Opens a recording; one at a time, after `ready`. */
  | {
      readonly type: 'open-recording'
      /** Free text for the accessory, `record` by default. */
      readonly reason?: string
    }
  /** Says that the stream was received up to its end; after `ended`. */
  | { readonly type: 'acknowledge'; readonly streamId: number }
  /** Ends a stream, or one whose opening was not answered yet. */
  | { readonly type: 'close-recording'; readonly streamId: number; readonly reason: number }

/** One mp4 fragment, or the initialization segment. */
export interface FragmentEvent {
  readonly type: 'fragment'
  readonly streamId: number
  /** 1 for the initialization, then counting up. */
  readonly sequence: number
  readonly dataType: 'mediaInitialization' | 'mediaFragment'
  /** The whole fragment; nobody else uses the memory. */
  readonly data: Uint8Array
  /** In how many chunks it came. */
  readonly chunks: number
  /** Whether the accessory ends the stream with it. */
  readonly isEndOfStream: boolean
}

/** What {@link HdsHub} tells the program. */
export type HdsHubEvent =
  /** The accessory answered hello. */
  | { readonly type: 'ready' }
  /** The request to open went out; the number for a `close-recording` before the answer. */
  | { readonly type: 'opening'; readonly streamId: number }
  | { readonly type: 'opened'; readonly streamId: number }
  | {
      readonly type: 'refused'
      readonly streamId: number
      /** One of `hdsStatus`, or a number nobody knows. */
      readonly status: number
      /** One of `dataSendReason`, with status 6. */
      readonly reason: number | undefined
    }
  /** No answer to opening within 5 s. A late one is answered with close(6). */
  | { readonly type: 'open-timed-out'; readonly streamId: number }
  | FragmentEvent
  /** The accessory ended the stream: `acknowledge` once it is stored. */
  | { readonly type: 'ended'; readonly streamId: number }
  /** The accessory closed the stream without an end. */
  | {
      readonly type: 'recording-closed'
      readonly streamId: number
      readonly by: 'accessory'
      /** One of `dataSendReason`, or a number nobody knows. */
      readonly reason: number
    }
  /** The accessory broke a rule; the stream was closed with `reason`. */
  | {
      readonly type: 'violation'
      readonly streamId: number
      readonly reason: 5 | 6 | 7 | 8
      readonly rule: HdsViolation
      readonly detail: string
    }
  | NoticeEvent
  | FailedEvent
