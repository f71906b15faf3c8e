import { writeBye, writeSenderReport } from '../rtp/write-rtcp.ts'
import type { SrtpSender } from '../srtp/srtp-sender.ts'
import { srtcpIndexLength } from '../srtp/suites.ts'
import { payloadLength, type RtpPayload } from './payload.ts'

const headerLength = 12

/** Who sends, in the words of the packets. */
interface PacketWriterOptions {
  readonly payloadType: number
  readonly ssrc: number
  readonly cname: string
  readonly srtp: SrtpSender | undefined
  readonly sequenceNumber: number
}

/** When a report is made. */
interface ReportTime {
  readonly unixTimeMs: number
  /** The same moment in units of the clock rate, 32 bits. */
  readonly timestamp: number
}

/** Writes the packets of one source, counts them, and protects them where they lie. */
export class PacketWriter {
  readonly #options: PacketWriterOptions
  readonly #srtp: SrtpSender | undefined
  readonly #overhead: number
  #sequenceNumber: number
  #packets = 0
  #octets = 0

  constructor(options: PacketWriterOptions) {
    this.#options = options
    this.#srtp = options.srtp
    this.#overhead = options.srtp?.overhead ?? 0
    this.#sequenceNumber = options.sequenceNumber & 0xffff
  }

  get packets(): number {
    return this.#packets
  }

  /** Bytes of the payloads. */
  get octets(): number {
    return this.#octets
  }

  /** @returns The packets of a frame; the last one is marked when `isMarked`. */
  frame(payloads: readonly RtpPayload[], timestamp: number, isMarked: boolean): Uint8Array[] {
    const last = payloads.length - 1
    return payloads.map((payload, i) => this.#packet(payload, timestamp, isMarked && i === last))
  }

  /** @returns A sender report, at the end with BYE. @see RFC 3550 §6.1 */
  report(time: ReportTime, isLast = false): Uint8Array {
    const { ssrc, cname } = this.#options
    const report = writeSenderReport({
      ...time,
      ssrc,
      cname,
      packetCount: this.#packets % 2 ** 32,
      octetCount: this.#octets % 2 ** 32,
    })
    const bye = isLast ? writeBye(ssrc) : new Uint8Array()
    const length = report.length + bye.length
    const bytes = new Uint8Array(length + this.#rtcpOverhead)
    bytes.set(report)
    bytes.set(bye, report.length)
    this.#srtp?.protectRtcp(bytes, length)
    return bytes
  }

  get #rtcpOverhead(): number {
    return this.#overhead === 0 ? 0 : this.#overhead + srtcpIndexLength
  }

  /** @see RFC 3550 §5.1 */
  #packet(payload: RtpPayload, timestamp: number, isMarked: boolean): Uint8Array {
    const length = headerLength + payloadLength(payload)
    const bytes = new Uint8Array(length + this.#overhead)
    const view = new DataView(bytes.buffer)
    const { payloadType, ssrc } = this.#options
    bytes[0] = 0x80
    bytes[1] = (isMarked ? 0x80 : 0) | payloadType
    view.setUint16(2, this.#sequenceNumber)
    view.setUint32(4, timestamp)
    view.setUint32(8, ssrc)
    let at = headerLength
    for (const piece of payload) {
      bytes.set(piece, at)
      at += piece.length
    }
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff
    this.#packets++
    this.#octets += length - headerLength
    this.#srtp?.protectRtp(bytes, length)
    return bytes
  }
}
