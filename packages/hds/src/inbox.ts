import { HdsError } from './errors.ts'
import type { FrameOpener } from './frame-opener.ts'
import { decodeHeader, decodeMessage, type HdsHeader, splitPayload } from './message.ts'
import type { OpackDictionary } from './opack/index.ts'

/** A message, or what is wrong with it. */
export type Received =
  | {
      readonly kind: 'message'
      readonly header: HdsHeader
      readonly message: OpackDictionary
      /** The header made sense only by HAP-NodeJS's rule of back references. */
      readonly isHapNodeJs: boolean
    }
  | { readonly kind: 'bad'; readonly header: HdsHeader | undefined; readonly error: HdsError }

/** What differs between the roles. */
export interface InboxOptions {
  /** Whether a header that makes no sense is read again by HAP-NodeJS's rule. */
  readonly retriesHapNodeJs: boolean
  /** Whether bytes after a document are left alone. */
  readonly trailing: 'reject' | 'allow'
}

const MAX_BAD_MESSAGES = 8
const FRAME_TIMEOUT_MS = 30_000

/** Turns bytes into messages, counts the bad ones, and watches over frames that never complete. */
export class Inbox {
  readonly #opener: FrameOpener
  readonly #options: InboxOptions
  #badMessages = 0
  #frameDeadline: number | undefined

  constructor(opener: FrameOpener, options: InboxOptions) {
    this.#opener = opener
    this.#options = options
  }

  /**
   * Yields what became complete.
   *
   * @throws HdsError of the frame layer; HDS_TOO_MANY_BAD_MESSAGES after the eighth was yielded.
   */
  *receive(bytes: Uint8Array, now: number): Generator<Received> {
    this.#opener.push(bytes)
    for (let payload = this.#opener.next(); payload !== undefined; payload = this.#opener.next()) {
      this.#frameDeadline = undefined
      const received = this.#read(payload)
      yield received
      if (received.kind === 'bad' && ++this.#badMessages === MAX_BAD_MESSAGES) {
        throw new HdsError('HDS_TOO_MANY_BAD_MESSAGES', { cause: received.error })
      }
    }
    if (this.#opener.pendingLength > 0) this.#frameDeadline ??= now + FRAME_TIMEOUT_MS
  }

  deadline(): number | undefined {
    return this.#frameDeadline
  }

  /** @throws HdsError HDS_FRAME_TIMEOUT. */
  tick(now: number): void {
    if (this.#frameDeadline !== undefined && now >= this.#frameDeadline) {
      throw new HdsError('HDS_FRAME_TIMEOUT')
    }
  }

  #read(payload: Uint8Array): Received {
    let header: HdsHeader | undefined
    try {
      const documents = splitPayload(payload)
      const read = this.#readHeader(documents.header)
      header = read.header
      const { trailing } = this.#options
      return { kind: 'message', message: decodeMessage(documents.message, { trailing }), ...read }
    } catch (error) {
      if (error instanceof HdsError) return { kind: 'bad', header, error }
      throw error
    }
  }

  #readHeader(bytes: Uint8Array): { header: HdsHeader; isHapNodeJs: boolean } {
    const { trailing, retriesHapNodeJs } = this.#options
    try {
      return { header: decodeHeader(bytes, { trailing }), isHapNodeJs: false }
    } catch (error) {
      if (!retriesHapNodeJs) throw error
      const rule = 'hapnodejs'
      return { header: decodeHeader(bytes, { trailing, rule }), isHapNodeJs: true }
    }
  }
}
