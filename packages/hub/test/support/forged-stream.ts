import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  decodeSetupRequest,
  deriveHdsKeys,
  encodePayload,
  encodeSetupResponse,
  FrameSealer,
  HdsAccessory,
  type HdsKeys,
  type SetupResponse,
} from '@hksv/hds'
import { dictionary } from '@hksv/hds/opack'
import { onTestFinished } from 'vitest'

import { json, type TestAccessory } from './test-accessory.ts'

/** What a chunk says of itself. */
export interface ForgedChunk {
  readonly dataType: string
  readonly dataSequenceNumber: number
  readonly dataChunkSequenceNumber?: number
  readonly isLastDataChunk?: boolean
  readonly dataTotalSize?: number
  readonly bytes?: Uint8Array
}

/** Has `accessory` answer the setup of a data stream with `answer`. */
export function answerSetup(
  accessory: TestAccessory,
  answer: (sharedSecret: Uint8Array, written: Uint8Array) => SetupResponse,
): void {
  accessory.intervene = ({ method, body }, http) => {
    const { characteristics } = method === 'PUT' ? JSON.parse(body.toString()) : {}
    const [entry] = (characteristics ?? []) as { iid: number; value: string; r?: boolean }[]
    if (entry?.r !== true) return undefined
    const response = answer(http.sharedSecret, Buffer.from(entry.value, 'base64'))
    const value = Buffer.from(encodeSetupResponse(response)).toString('base64')
    return json(207, { characteristics: [{ aid: 1, iid: entry.iid, status: 0, value }] })
  }
}

/** Has `accessory` take a recording and send these chunks, which no machine of ours would send. */
export async function forgeStream(
  accessory: TestAccessory,
  chunks: readonly ForgedChunk[],
): Promise<void> {
  let keys: HdsKeys | undefined
  const server = createServer(socket => {
    if (keys === undefined) return
    const { accessoryToController } = keys
    const machine = new HdsAccessory({ crypto, keys, now: 0 })
    socket.on('error', () => socket.destroy())
    socket.on('data', bytes => {
      for (const event of machine.receive(bytes, 0)) {
        if (event.type !== 'recording-requested') continue
        const { streamId } = event
        machine.send({ type: 'accept-recording', streamId }, 0)
        // The answers to hello and to open were frames 0 and 1.
        const sealer = new FrameSealer(crypto, accessoryToController, 2n)
        queueMicrotask(() => {
          for (const chunk of chunks) {
            for (const piece of sealer.seal(payloadOf(streamId, chunk))) socket.write(piece)
          }
        })
      }
      for (let piece = machine.take(); piece !== undefined; piece = machine.take()) {
        socket.write(piece)
      }
    })
    onTestFinished(() => {
      socket.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  const { port } = server.address() as AddressInfo
  answerSetup(accessory, (sharedSecret, written) => {
    const { controllerKeySalt } = decodeSetupRequest(written)
    const accessoryKeySalt = crypto.random(32)
    keys = deriveHdsKeys(crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
    return { status: 'success', port, accessoryKeySalt }
  })
}

function payloadOf(streamId: number, chunk: ForgedChunk): Uint8Array[] {
  const { bytes = Uint8Array.of(1, 2, 3, 4), ...metadata } = chunk
  const full = { dataChunkSequenceNumber: 1, isLastDataChunk: true, ...metadata }
  const packet = dictionary({ data: bytes, metadata: dictionary(full) })
  const header = { kind: 'event', protocol: 'dataSend', topic: 'data' } as const
  return encodePayload(header, dictionary({ streamId, packets: [packet] }))
}
