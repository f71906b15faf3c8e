import type { CryptoProvider } from '@hksv/crypto'

import { HdsError } from './errors.ts'
import { FrameOpener } from './frame-opener.ts'
import { FrameSealer } from './frame-sealer.ts'
import { Inbox, type Received } from './inbox.ts'
import type { Machine } from './machine.ts'
import { encodeHeader, encodePayload, type HdsHeader, type HdsRequestHeader } from './message.ts'
import type { HdsNotice, NoticeEvent } from './notices.ts'
import { dictionary, type OpackDictionary, type OpackInput } from './opack/index.ts'
import { Outbox } from './outbox.ts'
import { hdsStatus } from './status.ts'
import type { Transitions } from './transitions.ts'

/** The connection is of no more use: close it. Nothing comes or goes any more. */
export interface FailedEvent {
  readonly type: 'failed'
  readonly error: HdsError
}

/** The state without a way out. */
interface Failed {
  readonly at: 'failed'
}

/** What every state has. */
interface AnyState {
  readonly at: string
  /** When time is up. */
  readonly deadline?: number
}

/** What makes one role of the data stream. */
interface Config<State extends AnyState, Input extends string> {
  readonly crypto: CryptoProvider
  readonly sendKey: Uint8Array
  readonly receiveKey: Uint8Array
  readonly maxPayloadLength: number
  readonly role: 'accessory' | 'hub'
  readonly start: State
  readonly transitions: Transitions<string, Input>
}

/** No honest peer leaves so many unread. */
const MAX_WAITING_ANSWERS = 64

type Fields = Readonly<Record<string, OpackInput | undefined>>

/** What both roles share: frames in and out, one state, and failing. */
export abstract class DataStream<
  State extends AnyState,
  Input extends string,
  Command,
  OwnEvent extends { readonly type: string },
> implements Machine<Command, OwnEvent | NoticeEvent | FailedEvent>
{
  /** What waits to be taken. */
  protected readonly outbox: Outbox
  readonly #inbox: Inbox
  readonly #transitions: Transitions<string, Input>
  /** Headers of events by their topics: a recording is thousands with the same. */
  readonly #eventHeads = new Map<string, Uint8Array>()
  #state: State | Failed
  #events: (OwnEvent | NoticeEvent | FailedEvent)[] = []

  protected constructor(config: Config<State, Input>) {
    const { crypto, maxPayloadLength } = config
    const opener = new FrameOpener(crypto, config.receiveKey, { maxPayloadLength })
    this.#inbox = new Inbox(opener, config.role)
    this.outbox = new Outbox(new FrameSealer(crypto, config.sendKey))
    this.#transitions = config.transitions
    this.#state = config.start
  }

  /** Bytes that {@link DataStream.take} has yet to yield: what a driver has to bound. */
  get pendingLength(): number {
    return this.outbox.pendingLength
  }

  /**
   * Takes bytes of the peer, at the time `now` (milliseconds of any monotonic clock). They are kept,
   * and must not change, until their frame is complete. Never throws, whatever the bytes.
   */
  receive(bytes: Uint8Array, now: number): (OwnEvent | NoticeEvent | FailedEvent)[] {
    return this.#run(() => {
      for (const received of this.#inbox.receive(bytes, now)) this.#receive(received, now)
    })
  }

  /**
   * Takes a wish of the program. A command for a stream that is over does nothing, since the peer
   * can have ended it a moment ago.
   *
   * @throws TypeError on a command that the state of the stream does not allow.
   */
  send(command: Command, now: number): (OwnEvent | NoticeEvent | FailedEvent)[] {
    return this.#run(() => this.onCommand(command, now))
  }

  /**
   * Seals as it goes, one frame at a time: a driver whose socket is full stops taking.
   *
   * @returns The next bytes to write, in fresh memory, or `undefined` when there are none.
   */
  take(): Uint8Array | undefined {
    return this.outbox.take()
  }

  /** @returns When to call {@link DataStream.tick}, or `undefined` for never. */
  deadline(): number | undefined {
    const state = this.#stateDeadline()
    const frame = this.#state.at === 'failed' ? undefined : this.#inbox.deadline()
    return state !== undefined && frame !== undefined ? Math.min(state, frame) : (state ?? frame)
  }

  /** Lets time pass. */
  tick(now: number): (OwnEvent | NoticeEvent | FailedEvent)[] {
    return this.#run(() => {
      this.#inbox.tick(now)
      const deadline = this.#stateDeadline()
      if (deadline !== undefined && now >= deadline) this.onDeadline(now)
    })
  }

  protected abstract onMessage(header: HdsHeader, message: OpackDictionary, now: number): void
  protected abstract onCommand(command: Command, now: number): void
  protected abstract onDeadline(now: number): void

  protected get state(): State | Failed {
    return this.#state
  }

  /** @returns Whether the state has a use for `input`. */
  protected takes(input: Input): boolean {
    return this.#transitions[this.#state.at]?.[input] !== undefined
  }

  /** @throws TypeError when the state has no use for a command. */
  protected demand(input: Input): void {
    if (!this.takes(input)) throw new TypeError(`no '${input}' in the state '${this.#state.at}'`)
  }

  /** Enters `next`, which has to be what the table says. */
  protected go(input: Input, next: State): void {
    const listed = this.#transitions[this.#state.at]?.[input]
    if (listed !== next.at) {
      throw new Error(`'${input}' leads from '${this.#state.at}' to ${listed}, not '${next.at}'`)
    }
    this.#state = next
  }

  protected emit(event: OwnEvent): void {
    this.#events.push(event)
  }

  protected notice(rule: HdsNotice, detail: string): void {
    this.#events.push({ type: 'notice', rule, detail })
  }

  /** Queues an event of `dataSend`. */
  protected dataSend(topic: string, fields: Fields, owner?: object): void {
    const head =
      this.#eventHeads.get(topic) ?? encodeHeader({ kind: 'event', protocol: 'dataSend', topic })
    this.#eventHeads.set(topic, head)
    this.outbox.put(encodePayload(head, dictionary(fields)), owner)
  }

  /** Queues an answer. */
  protected respond(request: HdsRequestHeader, status: number, fields: Fields = {}): void {
    if (this.outbox.unowned >= MAX_WAITING_ANSWERS) throw new HdsError('HDS_UNREAD_ANSWERS')
    const header = { ...request, kind: 'response', status } as const
    this.outbox.put(encodePayload(header, dictionary(fields)))
  }

  #receive(received: Received, now: number): void {
    for (const rule of received.notices) this.notice(rule, received.header?.topic ?? '')
    if (received.kind === 'message') {
      this.onMessage(received.header, received.message, now)
      return
    }
    if (this.#state.at === 'awaiting-hello') throw received.error
    if (received.header?.kind === 'request') {
      this.respond(received.header, hdsStatus.payloadError)
      this.notice('bad-request', received.error.message)
    } else this.notice('bad-message', received.error.message)
  }

  #stateDeadline(): number | undefined {
    return 'deadline' in this.#state ? this.#state.deadline : undefined
  }

  /** The only way in: nothing happens once it failed, and the peer's faults become events. */
  #run(work: () => void): (OwnEvent | NoticeEvent | FailedEvent)[] {
    if (this.#state.at === 'failed') return []
    try {
      work()
    } catch (error) {
      if (!(error instanceof HdsError)) throw error
      this.#state = { at: 'failed' }
      this.outbox.clear()
      this.#events.push({ type: 'failed', error })
    }
    const events = this.#events
    this.#events = []
    return events
  }
}
