import { byteAt, uint16At, uint32At } from './packet.ts'
import { parseFeedback, type RtcpFeedback } from './rtcp-feedback.ts'

/** One sender or receiver tells how the packets of one source arrive. @see RFC 3550 §6.4.1 */
export interface ReportBlock {
  /** The source that is reported on. */
  readonly ssrc: number
  /** Since the last report, in 1/256. */
  readonly fractionLost: number
  /** Since the beginning, 24 bits, signed. */
  readonly cumulativeLost: number
  /** The low 16 bits are the sequence number, the high ones count its wraps. */
  readonly highestSequenceNumber: number
  /** In units of the clock rate. */
  readonly jitter: number
  /** Middle 32 bits of the NTP time of the last sender report; 0 without one. */
  readonly lastSenderReport: number
  /** Since then, in 1/65536 s. */
  readonly delaySinceLastSenderReport: number
}

/** What an RTCP packet says. */
export type RtcpMessage =
  | {
      readonly type: 'sender-report'
      readonly ssrc: number
      /** Seconds since 1900. */
      readonly ntpSeconds: number
      /** In units of 2^-32 s. */
      readonly ntpFraction: number
      /** The same moment in units of the clock rate. */
      readonly timestamp: number
      readonly packetCount: number
      readonly octetCount: number
      readonly blocks: readonly ReportBlock[]
    }
  | {
      readonly type: 'receiver-report'
      readonly ssrc: number
      readonly blocks: readonly ReportBlock[]
    }
  | {
      readonly type: 'source-description'
      readonly ssrc: number
      /** Canonical name: the same for all streams of one device. */
      readonly cname: string
    }
  | { readonly type: 'bye'; readonly ssrcs: readonly number[] }
  | RtcpFeedback

/** Packet rtcpTypes. @see RFC 3550 §12.1 */
export const rtcpTypes = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
} as const
/** Item of a source description. @see RFC 3550 §12.2 */
export const cnameItem = 1
/** Bytes of a {@link ReportBlock}. */
export const blockLength = 24

/**
 * Reads the packets of a compound RTCP packet. What is cut short or of another type is left out.
 * @see RFC 3550 §6.4 to §6.6, RFC 4585 §6, RFC 5104 §4.3.1
 */
export function parseRtcp(bytes: Uint8Array): RtcpMessage[] {
  const messages: RtcpMessage[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const flags = byteAt(bytes, at)
    const end = at + 4 + 4 * uint16At(bytes, at + 2)
    if (flags >> 6 !== 2 || end > bytes.length) break
    const message = parseOne(bytes.subarray(at, end), flags & 0x1f)
    if (message !== undefined) messages.push(message)
    at = end
  }
  return messages
}

function parseOne(bytes: Uint8Array, count: number): RtcpMessage | undefined {
  const type = byteAt(bytes, 1)
  if (type === rtcpTypes.bye) {
    const length = Math.min(count, (bytes.length - 4) >> 2)
    return { type: 'bye', ssrcs: Array.from({ length }, (_, i) => uint32At(bytes, 4 + 4 * i)) }
  }
  if (bytes.length < 8) return undefined
  const ssrc = uint32At(bytes, 4)
  if (type === rtcpTypes.receiverReport)
    return { type: 'receiver-report', ssrc, blocks: readBlocks(bytes, 8, count) }
  if (type === rtcpTypes.sourceDescription) return readCname(bytes, ssrc)
  if (type !== rtcpTypes.senderReport) return parseFeedback(bytes, count)
  if (bytes.length < 28) return undefined
  return {
    ...{ type: 'sender-report', ssrc },
    ntpSeconds: uint32At(bytes, 8),
    ntpFraction: uint32At(bytes, 12),
    timestamp: uint32At(bytes, 16),
    packetCount: uint32At(bytes, 20),
    octetCount: uint32At(bytes, 24),
    blocks: readBlocks(bytes, 28, count),
  }
}

function readBlocks(bytes: Uint8Array, start: number, count: number): ReportBlock[] {
  const length = Math.min(count, Math.floor((bytes.length - start) / blockLength))
  return Array.from({ length }, (_, i) => {
    const at = start + i * blockLength
    const lost = uint32At(bytes, at + 4)
    return {
      ssrc: uint32At(bytes, at),
      fractionLost: lost >>> 24,
      cumulativeLost: (lost << 8) >> 8,
      highestSequenceNumber: uint32At(bytes, at + 8),
      jitter: uint32At(bytes, at + 12),
      lastSenderReport: uint32At(bytes, at + 16),
      delaySinceLastSenderReport: uint32At(bytes, at + 20),
    }
  })
}

/** Reads the first chunk; cameras send no other. @see RFC 3550 §6.5 */
function readCname(bytes: Uint8Array, ssrc: number): RtcpMessage | undefined {
  for (let at = 8; at + 2 <= bytes.length && byteAt(bytes, at) !== 0; ) {
    const end = at + 2 + byteAt(bytes, at + 1)
    if (end > bytes.length) return undefined
    if (byteAt(bytes, at) === cnameItem) {
      const cname = new TextDecoder().decode(bytes.subarray(at + 2, end))
      return { type: 'source-description', ssrc, cname }
    }
    at = end
  }
  return undefined
}
