import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  type DataSendReason,
  dataSendReason,
  decodeSetupRequest,
  deriveHdsKeys,
  encodeSetupResponse,
  HdsAccessory,
  type HdsAccessoryCommand,
  type HdsAccessoryEvent,
} from '@hksv/hds'

import type { Media } from './media.ts'

/** What a camera does on one data stream, in the words of a test. */
export class CameraStream {
  readonly socket: Socket
  /** What the hub did, as it came. */
  readonly heard: HdsAccessoryEvent[] = []
  readonly #machine: HdsAccessory
  readonly #waiting: (() => void)[] = []
  #streamId = 0

  constructor(socket: Socket, machine: HdsAccessory, onRequested: (stream: CameraStream) => void) {
    this.socket = socket
    this.#machine = machine
    socket.on('error', () => socket.destroy())
    socket.on('data', bytes => {
      for (const event of machine.receive(bytes, 0)) {
        this.heard.push(event)
        if (event.type !== 'recording-requested') continue
        this.#streamId = event.streamId
        onRequested(this)
      }
      this.#flush()
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  accept(): void {
    this.#send({ type: 'accept-recording', streamId: this.#streamId })
  }

  refuse(reason: DataSendReason): void {
    this.#send({ type: 'refuse-recording', streamId: this.#streamId, reason })
  }

  end(reason: keyof typeof dataSendReason): void {
    const streamId = this.#streamId
    this.#send({ type: 'close-recording', streamId, reason: dataSendReason[reason] })
  }

  sendInit({ init }: Media): void {
    this.#sendPart('mediaInitialization', init, false)
  }

  /** Sends fragments; after the last one the stream is over if `endOfStream`. */
  sendFragments(fragments: readonly Uint8Array[], options: { endOfStream?: boolean } = {}): void {
    for (const [i, fragment] of fragments.entries()) {
      const isLast = i === fragments.length - 1
      this.#sendPart('mediaFragment', fragment, isLast && options.endOfStream === true)
    }
  }

  /** Sends the first chunk of a fragment, and hangs up. */
  breakOff(fragment: Uint8Array): void {
    const streamId = this.#streamId
    const parts = [fragment]
    this.#machine.send({ type: 'send-fragment', streamId, dataType: 'mediaFragment', parts }, 0)
    this.socket.end(this.#machine.take() ?? new Uint8Array(0))
  }

  /** Writes bytes that are no frame. */
  sendGarbage(): void {
    this.socket.write(Buffer.alloc(64))
  }

  /** What the hub does of this kind, past or future. */
  async hears<Type extends HdsAccessoryEvent['type']>(
    type: Type,
  ): Promise<HdsAccessoryEvent & { type: Type }> {
    for (;;) {
      const found = this.heard.find(event => event.type === type)
      if (found !== undefined) return found as HdsAccessoryEvent & { type: Type }
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  #sendPart(
    dataType: 'mediaInitialization' | 'mediaFragment',
    bytes: Uint8Array,
    endOfStream: boolean,
  ): void {
    const streamId = this.#streamId
    this.#send({ type: 'send-fragment', streamId, dataType, parts: [bytes], endOfStream })
  }

  #send(command: HdsAccessoryCommand): void {
    this.heard.push(...this.#machine.send(command, 0))
    this.#flush()
  }

  #flush(): void {
    for (let piece = this.#machine.take(); piece !== undefined; piece = this.#machine.take()) {
      this.socket.write(piece)
    }
  }
}

/** Takes the data streams of a hub, and hands each recording that is asked for to the test. */
export class Recorder {
  readonly streams: CameraStream[] = []
  /** What to do when a recording is asked for. */
  onRequested: (stream: CameraStream) => void = stream => stream.accept()
  readonly #servers: Server[] = []

  /** Prepares a session as the write of SetupDataStreamTransport does. @returns Its write response. */
  async setUp(sharedSecret: Uint8Array, written: Uint8Array): Promise<Uint8Array> {
    const { controllerKeySalt } = decodeSetupRequest(written)
    const accessoryKeySalt = crypto.random(32)
    const keys = deriveHdsKeys(crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
    const server = createServer({ noDelay: true }, socket => {
      const machine = new HdsAccessory({ crypto, keys, now: 0 })
      this.streams.push(new CameraStream(socket, machine, stream => this.onRequested(stream)))
    })
    this.#servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return encodeSetupResponse({ status: 'success', port, accessoryKeySalt })
  }

  close(): void {
    for (const { socket } of this.streams) socket.destroy()
    for (const server of this.#servers) server.close()
  }
}
