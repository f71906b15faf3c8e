import type {
  HdsAccessoryCommand,
  HdsAccessoryEvent,
  HdsAccessoryOptions,
  SendFragment,
} from './accessory-types.ts'
import { chunksOf, lengthOf } from './chunks.ts'
import { DataStream } from './data-stream.ts'
import { HdsError } from './errors.ts'
import { reasonOf, streamIdOf } from './fields.ts'
import type { HdsHeader, HdsRequestHeader } from './message.ts'
import { dataParts, dictionary, type OpackDictionary } from './opack/index.ts'
import { dataSendReason, hdsStatus, reasonName } from './status.ts'
import { type AccessoryInput, accessoryTransitions } from './transitions.ts'

const HELLO_TIMEOUT_MS = 10_000
const DRAIN_TIMEOUT_MS = 12_000
/** Hubs send messages of some hundred bytes. */
const MAX_RECEIVED_PAYLOAD_LENGTH = 0x1_0000
// What a stream of a camera is called, and who asks for it (HomeKit Secure Video R2 says home hub,
// hubs say controller).
const RECORDING = 'ipcamera.recording'
const targets: readonly unknown[] = ['controller', 'home hub']

/** Identity of an open stream: numbers come again. */
interface Stream {
  readonly streamId: number
}

type State =
  | { readonly at: 'awaiting-hello'; readonly deadline: number }
  | { readonly at: 'idle' }
  | { readonly at: 'requested'; readonly stream: Stream; readonly request: HdsRequestHeader }
  | { readonly at: 'recording'; readonly stream: Stream; readonly fragments: number }
  | { readonly at: 'draining'; readonly stream: Stream; readonly deadline: number }

/**
 * The camera's side of one HDS connection: answers hello, and sends one recording at a time.
 *
 * Call `receive` with what came in and `send` with what the program wants; act on the events; write
 * what `take` yields until it yields nothing; call `tick` when `deadline` has come. A `failed` event
 * means: close the socket. When the socket closes, forget the machine; every stream on it is over.
 *
 * @see observed: Apple home hub, vectors `hds/wire-payloads`
 * @example
 * const stream = new HdsAccessory({ crypto, keys, now: acceptedAt })
 * for (const event of stream.receive(bytes, now)) {
 *   if (event.type === 'recording-requested') {
 *     stream.send({ type: 'accept-recording', streamId: event.streamId }, now)
 *   }
 * }
 */
export class HdsAccessory extends DataStream<
  State,
  AccessoryInput,
  HdsAccessoryCommand,
  HdsAccessoryEvent
> {
  constructor({ crypto, keys, now }: HdsAccessoryOptions) {
    super({
      crypto,
      sendKey: keys.accessoryToController,
      receiveKey: keys.controllerToAccessory,
      maxPayloadLength: MAX_RECEIVED_PAYLOAD_LENGTH,
      role: 'accessory',
      start: { at: 'awaiting-hello', deadline: now + HELLO_TIMEOUT_MS },
      transitions: accessoryTransitions,
    })
  }

  protected override onMessage(header: HdsHeader, message: OpackDictionary): void {
    const isHello =
      header.kind === 'request' && header.protocol === 'control' && header.topic === 'hello'
    if (this.state.at === 'awaiting-hello') {
      if (!isHello) throw new HdsError('HDS_HELLO', { detail: `${header.kind} ${header.topic}` })
      this.respond(header, hdsStatus.success)
      this.go('hello', { at: 'idle' })
      this.emit({ type: 'ready' })
    } else if (isHello) this.respond(header, hdsStatus.success)
    else if (header.kind === 'request') this.#onRequest(header, message)
    else if (header.kind === 'event') this.#onEvent(header.protocol, header.topic, message)
    else this.notice('unknown-response', header.topic)
  }

  #onRequest(request: HdsRequestHeader, message: OpackDictionary): void {
    if (request.protocol === 'dataSend' && request.topic === 'open') {
      this.#onOpen(request, message)
      return
    }
    this.respond(request, hdsStatus.missingProtocol)
    this.notice('unknown-request', `${request.protocol} ${request.topic}`)
  }

  #onOpen(request: HdsRequestHeader, message: OpackDictionary): void {
    const streamId = streamIdOf(message.get('streamId'))
    if (streamId === undefined) {
      this.respond(request, hdsStatus.payloadError)
      this.notice('bad-request', 'open without a streamId')
    } else if (!targets.includes(message.get('target')) || message.get('type') !== RECORDING) {
      this.#refuse(request, dataSendReason.unsupported)
    } else if (!this.takes('hub opens')) this.#refuse(request, dataSendReason.busy)
    else {
      const reason = message.get('reason')
      this.go('hub opens', { at: 'requested', stream: { streamId }, request })
      this.emit({
        type: 'recording-requested',
        streamId,
        ...(typeof reason === 'string' ? { reason } : {}),
      })
    }
  }

  #refuse(request: HdsRequestHeader, reason: number): void {
    this.respond(request, hdsStatus.protocolSpecificError, { status: reason })
    this.notice('open-refused', reasonName(reason))
  }

  #onEvent(protocol: string, topic: string, message: OpackDictionary): void {
    if (protocol !== 'dataSend' || (topic !== 'ack' && topic !== 'close')) {
      const isData = protocol === 'dataSend' && topic === 'data'
      this.notice(isData ? 'unexpected-event' : 'unknown-event', `${protocol} ${topic}`)
    } else if (this.#streamOf(message.get('streamId')) === undefined) {
      this.notice('unknown-stream', topic)
    } else if (topic === 'close') this.#onClose(message)
    else this.#onAcknowledge(message)
  }

  #onAcknowledge(message: OpackDictionary): void {
    const { state } = this
    if (state.at !== 'draining' || message.get('endOfStream') !== true) {
      this.notice('unexpected-event', 'ack')
      return
    }
    this.outbox.drop(state.stream)
    this.go('hub acknowledges', { at: 'idle' })
    this.emit({ type: 'acknowledged', streamId: state.stream.streamId })
  }

  #onClose(message: OpackDictionary): void {
    const { state } = this
    if (!('stream' in state)) return
    // No request stays without an answer, even one that was taken back.
    if (state.at === 'requested') this.#refuse(state.request, dataSendReason.cancelled)
    this.outbox.drop(state.stream)
    this.go('hub closes', { at: 'idle' })
    const reason = reasonOf(message, dataSendReason.normal)
    this.emit({ type: 'recording-closed', streamId: state.stream.streamId, by: 'hub', reason })
  }

  protected override onCommand(command: HdsAccessoryCommand, now: number): void {
    const stream = this.#streamOf(command.streamId)
    if (stream === undefined) return
    switch (command.type) {
      case 'accept-recording':
        this.#accept(stream)
        break
      case 'refuse-recording':
        this.#end('refuse', stream, command.reason)
        break
      case 'close-recording':
        this.#end('close', stream, command.reason)
        break
      case 'send-fragment':
        this.#sendFragment(command, now)
        break
    }
  }

  #accept(stream: Stream): void {
    this.demand('accept')
    if (this.state.at === 'requested') {
      this.respond(this.state.request, hdsStatus.success, { status: hdsStatus.success })
    }
    this.go('accept', { at: 'recording', stream, fragments: 0 })
  }

  #end(input: 'refuse' | 'close', stream: Stream, reason: number): void {
    this.demand(input)
    if (this.state.at === 'requested') this.#refuse(this.state.request, reason)
    else {
      this.outbox.drop(stream)
      this.dataSend('close', { streamId: stream.streamId, reason })
    }
    this.go(input, { at: 'idle' })
  }

  #sendFragment(command: SendFragment, now: number): void {
    const isLast = command.endOfStream === true
    this.demand(isLast ? 'last fragment' : 'fragment')
    if (this.state.at !== 'recording') return
    const { stream, fragments } = this.state
    const isFirst = fragments === 0
    if (isFirst !== (command.dataType === 'mediaInitialization') || (isFirst && isLast)) {
      throw new TypeError('a stream is one mediaInitialization, then one mediaFragment or more')
    }
    if (lengthOf(command.parts) === 0) throw new TypeError('a fragment has at least one byte')
    this.#putChunks(stream, fragments + 1, command)
    if (!isLast) this.go('fragment', { at: 'recording', stream, fragments: fragments + 1 })
    else this.go('last fragment', { at: 'draining', stream, deadline: now + DRAIN_TIMEOUT_MS })
  }

  #putChunks(
    stream: Stream,
    sequence: number,
    { dataType, parts, endOfStream }: SendFragment,
  ): void {
    const chunks = chunksOf(parts)
    for (const [index, chunk] of chunks.entries()) {
      const isLastDataChunk = index === chunks.length - 1
      const metadata = dictionary({
        dataType,
        dataSequenceNumber: sequence,
        dataChunkSequenceNumber: index + 1,
        isLastDataChunk,
        dataTotalSize: index === 0 ? lengthOf(parts) : undefined,
      })
      const packet = dictionary({ data: dataParts(chunk), metadata })
      const isEnd = isLastDataChunk && endOfStream === true
      const { streamId } = stream
      const fields = { streamId, packets: [packet], endOfStream: isEnd ? true : undefined }
      this.dataSend('data', fields, stream)
    }
  }

  protected override onDeadline(now: number): void {
    const { state } = this
    if (state.at === 'awaiting-hello') throw new HdsError('HDS_HELLO_TIMEOUT')
    if (state.at !== 'draining') return
    const { stream } = state
    // A hub cannot acknowledge what it has not got; a socket that stands still is the driver's.
    if (this.outbox.has(stream)) {
      this.go('still sending', { ...state, deadline: now + DRAIN_TIMEOUT_MS })
      return
    }
    this.dataSend('close', { streamId: stream.streamId, reason: dataSendReason.cancelled })
    this.go('timeout', { at: 'idle' })
    this.emit({ type: 'recording-expired', streamId: stream.streamId })
  }

  /** @returns The open stream, if `streamId` is its number. */
  #streamOf(streamId: unknown): Stream | undefined {
    const { state } = this
    return 'stream' in state && state.stream.streamId === streamId ? state.stream : undefined
  }
}
