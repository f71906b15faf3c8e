import { byteAt, type RtpPacket } from '../rtp/packet.ts'
import type { LiveFindings } from './live-rules.ts'

const types = { slice: 1, idr: 5, sps: 7, stapA: 24, fuA: 28 } as const

/** Holds the pictures of H.264 against the rules of a live stream. It looks at the types of units alone. */
export class PictureChecker {
  readonly #findings: LiveFindings
  /** The timestamp of the picture whose SPS came last. */
  #spsAt: number | undefined
  #idrAt: number | undefined
  #hasPicture = false
  #last: { readonly timestamp: number; readonly isMarker: boolean } | undefined

  constructor(findings: LiveFindings) {
    this.#findings = findings
  }

  /** Takes the next packet; `isAfterGap` tells that others are missing in front of it. */
  packet(packet: RtpPacket, isAfterGap: boolean, now: number): void {
    const { timestamp, isMarker } = packet
    const isSame = this.#last?.timestamp === timestamp
    if (!isAfterGap && this.#last !== undefined && this.#last.isMarker === isSame) {
      const what = isSame ? 'goes on behind its marker' : 'begins without a marker before it'
      this.#findings.add('marker-ends-picture', `the picture at ${timestamp} ${what}`, now)
    }
    this.#last = { timestamp, isMarker }
    for (const type of unitTypes(packet)) this.#unit(type, timestamp, now)
  }

  #unit(type: number, timestamp: number, now: number): void {
    if (type === types.sps) this.#spsAt = timestamp
    const isPicture = type >= types.slice && type <= types.idr
    if (isPicture && !this.#hasPicture && type !== types.idr)
      this.#findings.add('starts-with-key-frame', `a unit of type ${type}`, now)
    this.#hasPicture ||= isPicture
    if (type !== types.idr || this.#idrAt === timestamp) return
    this.#idrAt = timestamp
    if (this.#spsAt !== timestamp)
      this.#findings.add('parameter-sets-first', `an IDR picture at ${timestamp} without SPS`, now)
  }
}

/**
 * Looks into units that are alone, into STAP-A, and where FU-A begins.
 * @returns The types of the NAL units that begin in a payload.
 * @see RFC 6184 §5.2
 */
function* unitTypes({ bytes, payloadStart: start, payloadEnd: end }: RtpPacket): Generator<number> {
  const type = byteAt(bytes, start) & 0x1f
  if (type === types.fuA) {
    const header = byteAt(bytes, start + 1)
    if (header >= 0x80) yield header & 0x1f
  } else if (type === types.stapA)
    for (let at = start + 1; at + 2 < end; ) {
      yield byteAt(bytes, at + 2) & 0x1f
      at += 2 + ((byteAt(bytes, at) << 8) | byteAt(bytes, at + 1))
    }
  else if (start < end) yield type
}
