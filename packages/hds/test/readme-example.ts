import type { Duplex } from 'node:stream'

import { nodeProvider } from '@hksv/crypto/node'
import { HdsAccessory, type HdsAccessoryEvent, type HdsKeys } from '@hksv/hds'

/** Sends one recording to the hub behind `socket`: the initialization, then fragments, in slices. */
export function sendRecording(socket: Duplex, keys: HdsKeys, recording: Uint8Array[][]): void {
  const stream = new HdsAccessory({ crypto: nodeProvider, keys, now: performance.now() })
  let timer: NodeJS.Timeout | undefined

  function act(events: HdsAccessoryEvent[]): void {
    for (const event of events) {
      if (event.type === 'failed') socket.destroy(event.error)
      if (event.type === 'recording-requested') accept(event.streamId)
    }
    write()
    clearTimeout(timer)
    const deadline = stream.deadline()
    if (deadline === undefined) return
    timer = setTimeout(() => act(stream.tick(performance.now())), deadline - performance.now())
  }

  function accept(streamId: number): void {
    const now = performance.now()
    stream.send({ type: 'accept-recording', streamId }, now)
    for (const [i, parts] of recording.entries()) {
      const dataType = i === 0 ? 'mediaInitialization' : 'mediaFragment'
      const endOfStream = i === recording.length - 1
      stream.send({ type: 'send-fragment', streamId, dataType, parts, endOfStream }, now)
    }
  }

  // What is not taken is not sealed: a full socket costs no memory.
  function write(): void {
    while (!socket.writableNeedDrain) {
      const bytes = stream.take()
      if (bytes === undefined) return
      socket.write(bytes)
    }
  }

  socket.on('data', bytes => act(stream.receive(bytes, performance.now())))
  socket.on('drain', write)
  socket.on('close', () => clearTimeout(timer))
}
