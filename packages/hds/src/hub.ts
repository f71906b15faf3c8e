import { DataStream } from './data-stream.ts'
import { HdsError } from './errors.ts'
import { reasonOf } from './fields.ts'
import { FragmentAssembler } from './fragment-assembler.ts'
import { MAX_PAYLOAD_LENGTH } from './frame.ts'
import type { HdsHubCommand, HdsHubEvent, HdsHubOptions } from './hub-types.ts'
import {
  encodePayload,
  type HdsEventHeader,
  type HdsHeader,
  type HdsId,
  type HdsResponseHeader,
} from './message.ts'
import { dictionary, type OpackDictionary, type OpackInput } from './opack/index.ts'
import { RequestIds } from './request-ids.ts'
import { dataSendReason, hdsStatus } from './status.ts'
import { type HubInput, hubTransitions } from './transitions.ts'
import { hdsViolations, ViolationError } from './violations.ts'

const HELLO_TIMEOUT_MS = 10_000
const OPEN_TIMEOUT_MS = 5000
const READ_TIMEOUT_MS = 8000

type State =
  | { readonly at: 'awaiting-hello'; readonly id: number; readonly deadline: number }
  | { readonly at: 'idle' }
  | {
      readonly at: 'opening'
      readonly streamId: number
      readonly id: number
      readonly deadline: number
    }
  | {
      readonly at: 'receiving'
      readonly streamId: number
      readonly assembler: FragmentAssembler
      readonly deadline: number
    }
  | { readonly at: 'ended'; readonly streamId: number }

/** A stream that was given up before the accessory answered. */
interface GivenUp {
  readonly streamId: number
  /** What to close it with, should it be opened after all. */
  readonly reason: number
}

/**
 * The hub's side of one HDS connection: says hello, and receives one recording at a time.
 *
 * Write what `take` yields (there is a hello from the start), call `receive` with what came in and
 * `send` with what the program wants; act on the events; call `tick` when `deadline` has come. A
 * `failed` event means: close the socket. When the socket closes, forget the machine; the stream on
 * it is over.
 *
 * @see observed: Apple home hub, vectors `hds/wire-payloads`
 * @example
 * const stream = new HdsHub({ crypto, keys, random: crypto.random, now })
 * for (const event of stream.receive(bytes, now)) {
 *   if (event.type === 'ready') stream.send({ type: 'open-recording' }, now)
 * }
 */
export class HdsHub extends DataStream<State, HubInput, HdsHubCommand, HdsHubEvent> {
  readonly #ids: RequestIds
  readonly #readTimeoutMs: number
  readonly #givenUp = new Map<HdsId, GivenUp>()
  #streams = 0

  constructor({ crypto, keys, random, now, readTimeoutMs = READ_TIMEOUT_MS }: HdsHubOptions) {
    const ids = new RequestIds(random)
    const id = ids.next()
    super({
      crypto,
      sendKey: keys.controllerToAccessory,
      receiveKey: keys.accessoryToController,
      maxPayloadLength: MAX_PAYLOAD_LENGTH,
      role: 'hub',
      start: { at: 'awaiting-hello', id, deadline: now + HELLO_TIMEOUT_MS },
      transitions: hubTransitions,
    })
    this.#ids = ids
    this.#readTimeoutMs = readTimeoutMs
    this.#request('control', 'hello', id)
  }

  protected override onMessage(header: HdsHeader, message: OpackDictionary, now: number): void {
    if (this.state.at === 'awaiting-hello') this.#onHello(header, this.state.id)
    else if (header.kind === 'response') this.#onResponse(header, message, now)
    else if (header.kind === 'event') this.#onEvent(header, message, now)
    else {
      this.respond(header, hdsStatus.missingProtocol)
      this.notice('unknown-request', `${header.protocol} ${header.topic}`)
    }
  }

  #onHello(header: HdsHeader, id: number): void {
    const isAnswer =
      header.kind === 'response' &&
      header.protocol === 'control' &&
      header.topic === 'hello' &&
      header.id === id
    if (!isAnswer) throw new HdsError('HDS_HELLO', { detail: `${header.kind} ${header.topic}` })
    if (header.status !== hdsStatus.success) {
      throw new HdsError('HDS_HELLO', { detail: `status ${header.status}` })
    }
    this.go('hello', { at: 'idle' })
    this.emit({ type: 'ready' })
  }

  #onResponse(header: HdsResponseHeader, message: OpackDictionary, now: number): void {
    const { state } = this
    const givenUp = this.#givenUp.get(header.id)
    const isOpen = header.protocol === 'dataSend' && header.topic === 'open'
    if (isOpen && givenUp !== undefined) {
      this.#givenUp.delete(header.id)
      if (header.status === hdsStatus.success) this.dataSend('close', { ...givenUp })
    } else if (!isOpen || state.at !== 'opening' || state.id !== header.id) {
      this.notice('unknown-response', `${header.protocol} ${header.topic}`)
    } else this.#onOpenResponse(state.streamId, header.status, message, now)
  }

  #onOpenResponse(streamId: number, status: number, message: OpackDictionary, now: number): void {
    if (status === hdsStatus.success) {
      const assembler = new FragmentAssembler()
      const deadline = now + this.#readTimeoutMs
      this.go('accessory accepts', { at: 'receiving', streamId, assembler, deadline })
      this.emit({ type: 'opened', streamId })
      return
    }
    const reason = message.get('status')
    this.go('accessory refuses', { at: 'idle' })
    this.emit({
      type: 'refused',
      streamId,
      status,
      reason: typeof reason === 'number' ? reason : undefined,
    })
  }

  #onEvent({ protocol, topic }: HdsEventHeader, message: OpackDictionary, now: number): void {
    const { state } = this
    if (protocol !== 'dataSend' || (topic !== 'data' && topic !== 'close')) {
      const isAcknowledgement = protocol === 'dataSend' && topic === 'ack'
      this.notice(isAcknowledgement ? 'unexpected-event' : 'unknown-event', `${protocol} ${topic}`)
    } else if (!('streamId' in state) || state.streamId !== message.get('streamId')) {
      this.notice('unknown-stream', topic)
    } else if (topic === 'close') this.#onClose(message)
    else if (state.at === 'receiving') this.#onData(state, message, now)
    else this.notice('unexpected-event', `data while ${state.at}`)
  }

  #onClose(message: OpackDictionary): void {
    const { state } = this
    if (!('streamId' in state)) return
    this.#giveUp(dataSendReason.timeout)
    this.go('accessory closes', { at: 'idle' })
    const reason = reasonOf(message, dataSendReason.unexpectedFailure)
    this.emit({ type: 'recording-closed', streamId: state.streamId, by: 'accessory', reason })
  }

  #onData(state: Extract<State, { at: 'receiving' }>, message: OpackDictionary, now: number): void {
    const { streamId, assembler } = state
    try {
      const steps = assembler.add(message)
      let step = steps.next()
      for (; !step.done; step = steps.next()) {
        if (step.value.type === 'notice') this.notice(step.value.rule, step.value.detail)
        else this.emit({ ...step.value, streamId })
      }
      if (step.value.isEnd) {
        this.go('end of stream', { at: 'ended', streamId })
        this.emit({ type: 'ended', streamId })
      } else if (step.value.hasChunks) {
        this.go('chunk', { ...state, deadline: now + this.#readTimeoutMs })
      }
    } catch (error) {
      if (!(error instanceof ViolationError)) throw error
      this.#violation('violation', streamId, error)
    }
  }

  #violation(input: 'violation' | 'timeout', streamId: number, error: ViolationError): void {
    const reason = hdsViolations[error.rule]
    this.dataSend('close', { streamId, reason })
    this.go(input, { at: 'idle' })
    const { rule, message: detail } = error
    this.emit({ type: 'violation', streamId, reason, rule, detail })
  }

  protected override onCommand(command: HdsHubCommand, now: number): void {
    const { state } = this
    if (command.type === 'open-recording') this.#open(command.reason ?? 'record', now)
    else if (!('streamId' in state) || state.streamId !== command.streamId) return
    else if (command.type === 'acknowledge') {
      this.demand('acknowledge')
      this.dataSend('ack', { streamId: state.streamId, endOfStream: true })
      this.go('acknowledge', { at: 'idle' })
    } else {
      this.demand('close')
      // A request that was not answered is closed when it is: there is no stream before.
      const { streamId, reason } = command
      if (state.at === 'opening') this.#giveUp(reason)
      else this.dataSend('close', { streamId, reason })
      this.go('close', { at: 'idle' })
    }
  }

  #open(reason: string, now: number): void {
    this.demand('open')
    const id = this.#ids.next()
    this.#streams++
    const streamId = this.#streams
    this.#request('dataSend', 'open', id, {
      streamId,
      type: 'ipcamera.recording',
      target: 'controller',
      reason,
    })
    this.go('open', { at: 'opening', streamId, id, deadline: now + OPEN_TIMEOUT_MS })
    this.emit({ type: 'opening', streamId })
  }

  protected override onDeadline(): void {
    const { state } = this
    if (state.at === 'awaiting-hello') throw new HdsError('HDS_HELLO_TIMEOUT')
    if (state.at === 'opening') {
      this.#giveUp(dataSendReason.timeout)
      this.go('timeout', { at: 'idle' })
      this.emit({ type: 'open-timed-out', streamId: state.streamId })
    } else if (state.at === 'receiving') {
      const detail = `nothing for ${this.#readTimeoutMs} ms`
      this.#violation('timeout', state.streamId, new ViolationError('read-timeout', detail))
    }
  }

  /** Remembers a request that is still to be answered. */
  #giveUp(reason: number): void {
    const { state } = this
    if (state.at === 'opening') this.#givenUp.set(state.id, { streamId: state.streamId, reason })
  }

  #request(
    protocol: string,
    topic: string,
    id: number,
    fields: Readonly<Record<string, OpackInput>> = {},
  ): void {
    const header = { kind: 'request', protocol, topic, id } as const
    this.outbox.put(encodePayload(header, dictionary(fields)))
  }
}
