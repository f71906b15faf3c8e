import { encodePayload, HdsAccessory } from '@hksv/hds'

import { drain, frame, payloads, plainCrypto, plainKeys } from './plain-crypto.mjs'

const hello = { kind: 'request', protocol: 'control', topic: 'hello', id: 300 }
const open = { kind: 'request', protocol: 'dataSend', topic: 'open', id: 301 }
const openMessage = new Map([
  ['streamId', 1],
  ['type', 'ipcamera.recording'],
  ['target', 'controller'],
])

/** The first byte says how far the connection has come, and what the program does about it. */
export function fuzz(data) {
  const [how = 0] = data
  const machine = new HdsAccessory({ crypto: plainCrypto, keys: plainKeys, now: 0 })
  const run = events => {
    for (const event of events) {
      if (event.type !== 'recording-requested') continue
      const { streamId } = event
      if ((how & 4) !== 0) {
        run(machine.send({ type: 'refuse-recording', streamId, reason: 1 }, 0))
        continue
      }
      run(machine.send({ type: 'accept-recording', streamId }, 0))
      run(machine.send(fragment(streamId, 'mediaInitialization'), 0))
      const endOfStream = (how & 8) !== 0
      run(machine.send({ ...fragment(streamId, 'mediaFragment'), endOfStream }, 0))
    }
    if ((how & 16) !== 0) drain(machine)
  }
  if ((how & 1) !== 0)
    run(machine.receive(frame(Buffer.concat(encodePayload(hello, new Map()))), 0))
  if ((how & 2) !== 0)
    run(machine.receive(frame(Buffer.concat(encodePayload(open, openMessage))), 0))
  const input = new Uint8Array(data).subarray(1)
  let now = 0
  if ((how & 32) !== 0) run(machine.receive(input, now))
  else for (const payload of payloads(input)) run(machine.receive(frame(payload), now++))
  for (let i = 0; i < 4 && machine.deadline() !== undefined; i++)
    run(machine.tick(machine.deadline()))
  drain(machine)
}

function fragment(streamId, dataType) {
  return { type: 'send-fragment', streamId, dataType, parts: [new Uint8Array(50)] }
}
