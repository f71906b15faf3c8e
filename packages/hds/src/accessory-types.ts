import type { CryptoProvider } from '@hksv/crypto'

import type { FailedEvent } from './data-stream.ts'
import type { HdsKeys } from './keys.ts'
import type { NoticeEvent } from './notices.ts'

/** What {@link HdsAccessory} begins with. */
export interface HdsAccessoryOptions {
  readonly crypto: CryptoProvider
  /** The keys of the prepared session that this connection belongs to. */
  readonly keys: HdsKeys
  /** When the connection was accepted: hello has to be there 10 s later. */
  readonly now: number
}

/** One mp4 fragment, or the initialization segment. */
export interface SendFragment {
  readonly type: 'send-fragment'
  readonly streamId: number
  /** The first fragment of a stream is the initialization, the others are not. */
  readonly dataType: 'mediaInitialization' | 'mediaFragment'
  /** The fragment in slices, never joined; they must not change until they were taken. */
  readonly parts: readonly Uint8Array[]
  /** Whether this is the last fragment; never the initialization. */
  readonly endOfStream?: boolean
}

/** What the program can tell {@link HdsAccessory}. */
export type HdsAccessoryCommand =
  | { readonly type: 'accept-recording'; readonly streamId: number }
  | { readonly type: 'refuse-recording'; readonly streamId: number; readonly reason: number }
  | SendFragment
  /** What is queued for the stream is dropped. Before it was accepted this refuses it. */
  | { readonly type: 'close-recording'; readonly streamId: number; readonly reason: number }

/** What {@link HdsAccessory} tells the program. */
export type HdsAccessoryEvent =
  /** The hub said hello. */
  | { readonly type: 'ready' }
  /** Answer within 1 s with `accept-recording` or `refuse-recording`. */
  | {
      readonly type: 'recording-requested'
      readonly streamId: number
      /** Free text of the hub, usually `record`. */
      readonly reason?: string
    }
  /** The hub took everything up to the fragment flagged `endOfStream`; the stream is over. */
  | { readonly type: 'acknowledged'; readonly streamId: number }
  /** The hub ended the stream; what was queued for it is dropped. */
  | {
      readonly type: 'recording-closed'
      readonly streamId: number
      readonly by: 'hub'
      /** One of `dataSendReason`, or a number nobody knows. */
      readonly reason: number
    }
  /** The hub said nothing for 12 s after the last fragment; the stream is over, and was cancelled. */
  | { readonly type: 'recording-expired'; readonly streamId: number }
  | NoticeEvent
  | FailedEvent
