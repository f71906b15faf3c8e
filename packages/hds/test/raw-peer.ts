import { nodeProvider } from '@hksv/crypto/node'
import {
  decodePayload,
  encodePayload,
  FrameOpener,
  FrameSealer,
  HdsAccessory,
  type HdsHeader,
  HdsHub,
  type HdsId,
  type HdsPayload,
} from '@hksv/hds'
import { dictionary, type OpackInput } from '@hksv/hds/opack'

import { keys, type Side } from './pair.ts'

type Fields = Readonly<Record<string, OpackInput | undefined>>

/** Whatever takes bytes and yields some. */
interface Endpoint<Event> {
  receive(bytes: Uint8Array, now: number): Event[]
  take(): Uint8Array | undefined
}

/** A peer without rules: it writes whatever it is told to, and reads what the machine wrote. */
export class RawPeer<Event> {
  now = 0
  readonly machine: Endpoint<Event>
  readonly #sealer: FrameSealer
  readonly #opener: FrameOpener

  constructor(machine: Endpoint<Event>, side: Side) {
    const { accessoryToController, controllerToAccessory } = keys
    const isHub = side === 'hub'
    this.machine = machine
    this.#sealer = new FrameSealer(
      nodeProvider,
      isHub ? controllerToAccessory : accessoryToController,
    )
    this.#opener = new FrameOpener(
      nodeProvider,
      isHub ? accessoryToController : controllerToAccessory,
    )
  }

  /** Sends one frame with this payload. */
  payload(...parts: readonly Uint8Array[]): Event[] {
    return this.machine.receive(Buffer.concat(this.#sealer.seal(parts)), this.now)
  }

  send(header: HdsHeader, message: Fields | ReadonlyMap<string, OpackInput> = {}): Event[] {
    const map = message instanceof Map ? message : dictionary(message as Fields)
    return this.payload(...encodePayload(header, map))
  }

  event(topic: string, message: Fields, protocol = 'dataSend'): Event[] {
    return this.send({ kind: 'event', protocol, topic }, message)
  }

  request(topic: string, id: HdsId, message: Fields = {}, protocol = 'dataSend'): Event[] {
    return this.send({ kind: 'request', protocol, topic, id }, message)
  }

  response(
    topic: string,
    id: HdsId,
    status: number,
    message: Fields = {},
    protocol = 'dataSend',
  ): Event[] {
    return this.send({ kind: 'response', protocol, topic, id, status }, message)
  }

  /** @returns What the machine wrote since the last read. */
  read(): HdsPayload[] {
    for (let piece = this.machine.take(); piece !== undefined; piece = this.machine.take()) {
      this.#opener.push(piece)
    }
    const payloads: HdsPayload[] = []
    for (let next = this.#opener.next(); next !== undefined; next = this.#opener.next()) {
      payloads.push(decodePayload(next))
    }
    return payloads
  }
}

/** A hub without rules, at an accessory that awaits hello. */
export function rawHub() {
  const machine = new HdsAccessory({ crypto: nodeProvider, keys, now: 0 })
  return Object.assign(new RawPeer(machine, 'hub'), { machine })
}

/** The same after hello. */
export function readyRawHub() {
  const peer = rawHub()
  peer.request('hello', 1000, {}, 'control')
  peer.read()
  return peer
}

/** The message that opens stream `streamId`. */
export function openMessage(streamId: OpackInput): Fields {
  return { streamId, type: 'ipcamera.recording', target: 'controller', reason: 'record' }
}

/** An accessory without rules, at a hub whose hello it got. */
export function rawAccessory() {
  let drawn = 0
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(++drawn)
  const machine = new HdsHub({ crypto: nodeProvider, keys, random, now: 0 })
  return Object.assign(new RawPeer(machine, 'accessory'), { machine })
}

/** The same after hello. */
export function readyRawAccessory() {
  const peer = rawAccessory()
  peer.response('hello', requestId(peer.read()), 0, {}, 'control')
  return peer
}

/** The same with stream 1 open. */
export function recordingRawAccessory() {
  const peer = readyRawAccessory()
  peer.machine.send({ type: 'open-recording' }, 0)
  peer.response('open', requestId(peer.read()), 0, { status: 0 })
  return peer
}

export function requestId(payloads: readonly HdsPayload[]): HdsId {
  const header = payloads.at(-1)?.header
  if (header?.kind !== 'request') throw new Error('no request')
  return header.id
}

/** What a `data` event of stream 1 carries. */
export function packet(
  sequence: number,
  chunk: number,
  isLastDataChunk: OpackInput,
  data: OpackInput,
  more: Fields = {},
): ReadonlyMap<string, OpackInput> {
  const metadata = dictionary({
    dataType: sequence === 1 ? 'mediaInitialization' : 'mediaFragment',
    dataSequenceNumber: sequence,
    dataChunkSequenceNumber: chunk,
    isLastDataChunk,
    ...more,
  })
  return dictionary({ data, metadata })
}
