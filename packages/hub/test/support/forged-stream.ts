import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  decodeSetupRequest,
  deriveHdsKeys,
  encodePayload,
  encodeSetupResponse,
  FrameSealer,
  HdsAccessory,
  type HdsKeys,
} from '@hksv/hds'
import { dictionary, type OpackInput } from '@hksv/hds/opack'
import { onTestFinished } from 'vitest'

import type { TestAccessory } from './test-accessory.ts'

/** What a chunk says of itself, true or not. */
export interface ForgedChunk {
  readonly dataType: OpackInput
  readonly dataSequenceNumber: number
  /** 1 unless given. */
  readonly dataChunkSequenceNumber?: number
  /** True unless given. */
  readonly isLastDataChunk?: boolean | number
  readonly dataTotalSize?: OpackInput
  /** Four bytes unless given. */
  readonly bytes?: Uint8Array
}

/**
 * Has `accessory` take a recording and send these chunks, which no machine of ours would send.
 *
 * @returns With what reason the hub closes the recording.
 */
export async function forgeStream(
  accessory: TestAccessory,
  chunks: readonly ForgedChunk[],
): Promise<{ closed: Promise<number> }> {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const closed = new Promise<number>(resolve => {
    accessory.recorder.setUp = async (sharedSecret, written) => {
      const { controllerKeySalt } = decodeSetupRequest(written)
      const accessoryKeySalt = crypto.random(32)
      const keys = deriveHdsKeys(crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
      server.once('connection', socket => record({ socket, keys, chunks, onClosed: resolve }))
      return encodeSetupResponse({ status: 'success', port, accessoryKeySalt })
    }
  })
  return { closed }
}

function record(options: {
  readonly socket: Socket
  readonly keys: HdsKeys
  readonly chunks: readonly ForgedChunk[]
  readonly onClosed: (reason: number) => void
}): void {
  const { socket, keys, chunks, onClosed } = options
  const machine = new HdsAccessory({ crypto, keys, now: 0 })
  onTestFinished(() => {
    socket.destroy()
  })
  socket.on('error', () => socket.destroy())
  socket.on('data', bytes => {
    for (const event of machine.receive(bytes, 0)) {
      if (event.type === 'recording-closed') onClosed(event.reason)
      if (event.type !== 'recording-requested') continue
      const { streamId } = event
      machine.send({ type: 'accept-recording', streamId }, 0)
      flush(socket, machine)
      // The answers to hello and to open were frames 0 and 1.
      const sealer = new FrameSealer(crypto, keys.accessoryToController, 2n)
      for (const chunk of chunks) {
        for (const piece of sealer.seal(payloadOf(streamId, chunk))) socket.write(piece)
      }
    }
    flush(socket, machine)
  })
}

function flush(socket: Socket, machine: HdsAccessory): void {
  for (let piece = machine.take(); piece !== undefined; piece = machine.take()) socket.write(piece)
}

function payloadOf(streamId: number, chunk: ForgedChunk): Uint8Array[] {
  const { bytes: data = Uint8Array.of(1, 2, 3, 4), ...said } = chunk
  const metadata = dictionary({ dataChunkSequenceNumber: 1, isLastDataChunk: true, ...said })
  const header = { kind: 'event', protocol: 'dataSend', topic: 'data' } as const
  const packets = [dictionary({ data, metadata })]
  return encodePayload(header, dictionary({ streamId, packets }))
}
