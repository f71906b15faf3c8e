import { byteAt, uint16At, uint32At } from './packet.ts'

/** What a receiver wants of a sender, beside reports. */
export type RtcpFeedback =
  | {
      /** A picture cannot be shown for what was lost: a key frame is wanted. @see RFC 4585 §6.3.1 */
      readonly type: 'picture-loss'
      readonly ssrc: number
      readonly mediaSsrc: number
    }
  | {
      /** A key frame is wanted of these sources. A repeated request has the same number. @see RFC 5104 §4.3.1 */
      readonly type: 'full-intra-request'
      readonly ssrc: number
      readonly requests: readonly { readonly mediaSsrc: number; readonly number: number }[]
    }
  | {
      /** These packets did not come. @see RFC 4585 §6.2.1 */
      readonly type: 'nack'
      readonly ssrc: number
      readonly mediaSsrc: number
      readonly sequenceNumbers: readonly number[]
    }

const types = { transport: 205, payload: 206 } as const
const formats = { nack: 1, picture: 1, intra: 4 } as const
/** Of one message; a datagram could name twenty thousand packets. */
const maxNacked = 512

/** Reads one packet of feedback, its length checked. @returns Nothing for other kinds, or cut short. */
export function parseFeedback(bytes: Uint8Array, format: number): RtcpFeedback | undefined {
  if (bytes.length < 12) return undefined
  const type = byteAt(bytes, 1)
  const ssrc = uint32At(bytes, 4)
  const mediaSsrc = uint32At(bytes, 8)
  if (type === types.transport && format === formats.nack)
    return { type: 'nack', ssrc, mediaSsrc, sequenceNumbers: readNacks(bytes) }
  if (type !== types.payload) return undefined
  if (format === formats.picture) return { type: 'picture-loss', ssrc, mediaSsrc }
  if (format !== formats.intra) return undefined
  const requests = Array.from({ length: (bytes.length - 12) >> 3 }, (_, i) => {
    const at = 12 + 8 * i
    return { mediaSsrc: uint32At(bytes, at), number: byteAt(bytes, at + 4) }
  })
  return { type: 'full-intra-request', ssrc, requests }
}

/** Each entry is a number, and a bit for each of the sixteen behind it. */
function readNacks(bytes: Uint8Array): number[] {
  const numbers: number[] = []
  for (let at = 12; at + 4 <= bytes.length && numbers.length < maxNacked; at += 4) {
    const first = uint16At(bytes, at)
    const more = uint16At(bytes, at + 2)
    numbers.push(first)
    for (let i = 0; i < 16; i++) if ((more >> i) & 1) numbers.push((first + i + 1) & 0xffff)
  }
  return numbers
}

/** Writes a request for a key frame, to stand behind a report. @see RFC 4585 §6.3.1 */
export function writePictureLoss(ssrc: number, mediaSsrc: number): Uint8Array {
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  bytes.set([0x80 | formats.picture, types.payload, 0, 2])
  view.setUint32(4, ssrc)
  view.setUint32(8, mediaSsrc)
  return bytes
}
