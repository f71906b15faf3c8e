import { decodePayload, encodePayload, HdsHub } from '@hksv/hds'

import { drain, frame, payloads, plainCrypto, plainKeys } from './plain-crypto.mjs'

/** The first byte says how far the connection has come, and what the program does about it. */
export function fuzz(data) {
  const [how = 0] = data
  const random = length => new Uint8Array(length).fill(2)
  const machine = new HdsHub({ crypto: plainCrypto, keys: plainKeys, random, now: 0 })
  const run = events => {
    for (const event of events) {
      if (event.type === 'ready') run(machine.send({ type: 'open-recording' }, 0))
      if (event.type === 'ended') {
        run(machine.send({ type: 'acknowledge', streamId: event.streamId }, 0))
        run(machine.send({ type: 'open-recording' }, 0))
      }
    }
  }
  for (let answered = 0; answered < Math.min(how & 3, 2); answered++) run(answer(machine))
  const input = new Uint8Array(data).subarray(1)
  let now = 0
  if ((how & 32) !== 0) run(machine.receive(input, now))
  else for (const payload of payloads(input)) run(machine.receive(frame(payload), now++))
  if ((how & 16) !== 0) {
    run(machine.send({ type: 'close-recording', streamId: 1, reason: 0 }, now))
  }
  for (let i = 0; i < 4 && machine.deadline() !== undefined; i++)
    run(machine.tick(machine.deadline()))
  drain(machine)
}

/** Answers the request that the machine has written. */
function answer(machine) {
  const pieces = []
  for (let piece = machine.take(); piece !== undefined; piece = machine.take()) pieces.push(piece)
  const { header } = decodePayload(Buffer.concat(pieces).subarray(4, -16))
  const response = { ...header, kind: 'response', status: 0 }
  return machine.receive(frame(Buffer.concat(encodePayload(response, new Map()))), 0)
}
