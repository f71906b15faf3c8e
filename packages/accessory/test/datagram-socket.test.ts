import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { expect, onTestFinished, test } from 'vitest'

import { DatagramSocket } from '../src/live/datagram-socket.ts'

test('a flood is cut off at a thousand datagrams a second', async () => {
  const flood = createSocket('udp4')
  flood.bind(0, '127.0.0.1')
  await once(flood, 'listening')
  onTestFinished(() => void flood.close())
  const peer = { address: '127.0.0.1', port: flood.address().port }
  const socket = await DatagramSocket.open('127.0.0.1', peer)
  onTestFinished(() => socket.close())
  let heard = 0
  socket.listen(() => heard++)
  const from = Math.floor(performance.now() / 1000)
  for (let round = 0; round < 40; round++) {
    // So many fit into the buffer of the kernel.
    for (let i = 0; i < 100; i++) flood.send(Buffer.alloc(20), socket.port, '127.0.0.1')
    await new Promise(resolve => setImmediate(resolve))
  }
  await expect.poll(() => heard).toBeGreaterThan(0)
  const seconds = Math.floor(performance.now() / 1000) - from + 1
  expect(heard).toBeLessThanOrEqual(1000 * seconds)
})
