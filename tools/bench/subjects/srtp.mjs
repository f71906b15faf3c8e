// SRTP against what node:crypto alone costs for the same bytes, both alone in this process.
import { createCipheriv, createHmac, createSecretKey } from 'node:crypto'

import { SrtpReceiver, SrtpSender } from '@hksv/media/live'

import { cpuMs, serve } from './serve.mjs'

const suite = 'AES_CM_128_HMAC_SHA1_80'
const key = { suite, key: new Uint8Array(16).fill(1), salt: new Uint8Array(14).fill(2) }
const headerLength = 12
const tagLength = 10
/** As large as HomeKit's usual MTU leaves room for. */
const packetLength = 1340

/** @returns Packets with room for the tag. */
function packetsOf(count) {
  return Array.from({ length: count }, (_, i) => {
    const bytes = new Uint8Array(packetLength + tagLength).fill(i & 0xff)
    bytes.set([0x80, 99, (i >> 8) & 0xff, i & 0xff])
    bytes.set([0, 0, 0, 1], 8)
    return bytes
  })
}

/** @returns CPU time of one packet, in microseconds. */
function eachUs(packets, work) {
  const before = cpuMs()
  for (const bytes of packets) work(bytes)
  return (1000 * (cpuMs() - before)) / packets.length
}

serve({
  protect({ count }) {
    const sender = new SrtpSender(key)
    return eachUs(packetsOf(count), bytes => sender.protectRtp(bytes, packetLength))
  },
  unprotect({ count }) {
    const packets = packetsOf(count)
    const sender = new SrtpSender(key)
    for (const bytes of packets) sender.protectRtp(bytes, packetLength)
    const receiver = new SrtpReceiver(key)
    return eachUs(packets, bytes => {
      if (typeof receiver.unprotectRtp(bytes) === 'string') throw new Error('refused')
    })
  },
  /** The bound: AES over the payload, HMAC over the packet, with keys that are ready. */
  floor({ count }) {
    const aes = createSecretKey(key.key)
    const hmac = createSecretKey(new Uint8Array(20))
    const counter = new Uint8Array(16)
    return eachUs(packetsOf(count), bytes => {
      createCipheriv('aes-128-ctr', aes, counter).update(bytes.subarray(headerLength, packetLength))
      createHmac('sha1', hmac).update(bytes.subarray(0, packetLength)).digest()
    })
  },
})
