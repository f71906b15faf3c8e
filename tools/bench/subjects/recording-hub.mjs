// A hub that records as fast as the camera can send. It answers nothing and opens no frame once the
// recording runs: what it costs is left to the camera and to who measures.
import { connect } from 'node:net'

import { chooseProvider } from '@hksv/crypto/node'
import { HdsHub } from '@hksv/hds'

import { serve } from './serve.mjs'

const SLOW_STEP_MS = 10

const crypto = chooseProvider()
let socket
let bytes = 0
/** Each looks again whether there is enough. */
let waiting = []

/** Lets in what has been earned since the recording began, and no more. */
function slowDown(bytesASecond) {
  const startedAt = performance.now()
  const slowed = socket
  const timer = setInterval(() => {
    const earned = ((performance.now() - startedAt) / 1000) * bytesASecond
    if (bytes < earned) slowed.resume()
    else slowed.pause()
  }, SLOW_STEP_MS)
  slowed.on('data', () => slowed.pause())
  slowed.on('close', () => clearInterval(timer))
}

function wake() {
  const woken = waiting
  waiting = []
  for (const resolve of woken) resolve()
}

/** Resolves when the camera has accepted the recording. */
function opened(machine) {
  const take = () => {
    for (let piece = machine.take(); piece !== undefined; piece = machine.take())
      socket.write(piece)
  }
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('connect', take)
    socket.on('data', function answered(received) {
      const events = machine.receive(received, performance.now())
      if (events.some(({ type }) => type === 'ready')) {
        machine.send({ type: 'open-recording' }, performance.now())
      }
      take()
      if (events.some(({ type }) => type === 'refused')) reject(new Error('refused'))
      if (!events.some(({ type }) => type === 'opened')) return
      socket.off('data', answered)
      resolve()
    })
  })
}

serve({
  /** Opens a recording; keys in hexadecimal. Reads as fast as it can unless told how fast. */
  async open({ port, keys, bytesASecond }) {
    const { accessoryToController, controllerToAccessory } = keys
    const machine = new HdsHub({
      crypto,
      keys: {
        accessoryToController: new Uint8Array(Buffer.from(accessoryToController, 'hex')),
        controllerToAccessory: new Uint8Array(Buffer.from(controllerToAccessory, 'hex')),
      },
      random: length => crypto.random(length),
      now: performance.now(),
    })
    bytes = 0
    socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await opened(machine)
    socket.on('data', ({ length }) => {
      bytes += length
      wake()
    })
    socket.on('close', wake)
    if (bytesASecond !== undefined) slowDown(bytesASecond)
  },
  /** Resolves with what has come when it is `count` bytes. */
  async received(count) {
    while (bytes < count) {
      if (socket.closed) throw new Error(`the camera closed the data stream after ${bytes} bytes`)
      await new Promise(resolve => waiting.push(resolve))
    }
    return bytes
  },
  close: () => socket.destroy(),
})
