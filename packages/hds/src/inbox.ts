import { HdsError } from './errors.ts'
import type { FrameOpener } from './frame-opener.ts'
import { decodeHeader, decodeMessage, type HdsHeader, splitPayload } from './message.ts'
import type { HdsNotice } from './notices.ts'
import type { DecodeOptions, OpackDictionary } from './opack/index.ts'

/** A message, or what is wrong with it. */
export type Received = { readonly notices: readonly HdsNotice[] } & (
  | { readonly kind: 'message'; readonly header: HdsHeader; readonly message: OpackDictionary }
  | { readonly kind: 'bad'; readonly header: HdsHeader | undefined; readonly error: HdsError }
)

/** A way to read a document, and what it says about the writer. */
interface Reading {
  readonly options: DecodeOptions
  readonly notice?: HdsNotice
}

interface Readings {
  readonly header: readonly Reading[]
  readonly message: readonly Reading[]
}

const strictly: Reading = { options: {} }
const withTrailing: Reading = { options: { trailing: 'allow' }, notice: 'trailing-bytes' }
const byHapNodeJs: Reading = {
  options: { trailing: 'allow', rule: 'hapnodejs' },
  notice: 'hapnodejs-references',
}

/**
 * How a role reads documents: one way after the other, until one makes sense. A hub puts up with
 * what accessories in the field write; an accessory has nobody to put up with.
 */
const readings: Readonly<Record<'accessory' | 'hub', Readings>> = {
  accessory: { header: [strictly], message: [strictly] },
  hub: { header: [strictly, withTrailing, byHapNodeJs], message: [strictly, withTrailing] },
}

const MAX_BAD_MESSAGES = 8
const FRAME_TIMEOUT_MS = 30_000

/** Turns bytes into messages, counts the bad ones, and watches over frames that never complete. */
export class Inbox {
  readonly #opener: FrameOpener
  readonly #readings: Readings
  #badMessages = 0
  #frameDeadline: number | undefined

  constructor(opener: FrameOpener, role: 'accessory' | 'hub') {
    this.#opener = opener
    this.#readings = readings[role]
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
    const notices: HdsNotice[] = []
    let header: HdsHeader | undefined
    try {
      const documents = splitPayload(payload)
      header = firstOf(this.#readings.header, notices, options =>
        decodeHeader(documents.header, options),
      )
      const message = firstOf(this.#readings.message, notices, options =>
        decodeMessage(documents.message, options),
      )
      return { kind: 'message', header, message, notices }
    } catch (error) {
      if (error instanceof HdsError) return { kind: 'bad', header, error, notices }
      throw error
    }
  }
}

/** @throws HdsError of the first reading, when none makes sense. */
function firstOf<T>(
  ways: readonly Reading[],
  notices: HdsNotice[],
  read: (options: DecodeOptions) => T,
): T {
  let first: unknown
  for (const { options, notice } of ways) {
    try {
      const value = read(options)
      if (notice !== undefined) notices.push(notice)
      return value
    } catch (error) {
      if (!(error instanceof HdsError)) throw error
      first ??= error
    }
  }
  throw first
}
