import { parseOpusPacket } from '@hksv/media'
import { parseRtpPacket } from '@hksv/media/rtp'

import { SpeechReceiver } from '../src/talk-back/speech-receiver.ts'

const MAX_MISSING = 10

/** Packets of a viewer behind one byte of length; the byte after it is how long the next one takes. */
export function fuzz(data) {
  const receiver = new SpeechReceiver()
  let now = 0
  for (let at = 0; at < data.length; ) {
    const length = data[at]
    now += data[at + 1] ?? 0
    const body = data.subarray(at + 2, at + 2 + length)
    at += 2 + length
    const header = [0x80, 110, body[0] ?? 0, body[1] ?? 0, 0, 0, 0, 0, 0, 0, 0, 1]
    const packet = parseRtpPacket(Uint8Array.of(...header, ...body.subarray(2)))
    const due = receiver.deadline()
    const late = due !== undefined && due <= now ? receiver.tick(due) : []
    const packets = [...late, ...(packet === undefined ? [] : receiver.receive(packet, now))]
    // Of those that wait, each may bring as many that are missing.
    if (packets.length > (MAX_MISSING + 1) * 12) throw new Error(`${packets.length} at once`)
    for (const each of packets) parseOpusPacket(each)
  }
}
