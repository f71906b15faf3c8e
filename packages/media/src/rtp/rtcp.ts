import { byteAt, uint16At, uint32At } from './packet.ts'

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

const types = { senderReport: 200, receiverReport: 201, sourceDescription: 202, bye: 203 } as const
const cnameItem = 1
const blockLength = 24

/**
 * Reads the packets of a compound RTCP packet. What is cut short or of another type is left out.
 * @see RFC 3550 §6.4 to §6.6
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
  if (type === types.bye) {
    const length = Math.min(count, (bytes.length - 4) >> 2)
    return { type: 'bye', ssrcs: Array.from({ length }, (_, i) => uint32At(bytes, 4 + 4 * i)) }
  }
  if (bytes.length < 8) return undefined
  const ssrc = uint32At(bytes, 4)
  if (type === types.receiverReport)
    return { type: 'receiver-report', ssrc, blocks: readBlocks(bytes, 8, count) }
  if (type === types.sourceDescription) return readCname(bytes, ssrc)
  if (type !== types.senderReport || bytes.length < 28) return undefined
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

/** What {@link writeReceiverReport} writes. */
export interface ReceiverReport {
  /** Of whoever reports. */
  readonly ssrc: number
  /** Canonical name of whoever reports: up to 255 ASCII characters. */
  readonly cname: string
  readonly blocks: readonly ReportBlock[]
}

/**
 * Writes a compound packet of a receiver report and the canonical name, as every one has to be.
 * @throws RangeError for more than 31 blocks or a longer name.
 * @see RFC 3550 §6.1, §6.4.2, §6.5
 */
export function writeReceiverReport({ ssrc, cname, blocks }: ReceiverReport): Uint8Array {
  if (blocks.length > 31 || cname.length > 255) throw new RangeError('too long for one report')
  const reportLength = 8 + blockLength * blocks.length
  // The list of items ends with one to four zeros, on a boundary of four bytes.
  const descriptionLength = 8 + 4 * Math.floor((2 + cname.length) / 4 + 1)
  const bytes = new Uint8Array(reportLength + descriptionLength)
  const view = new DataView(bytes.buffer)
  writeHead(view, 0, { count: blocks.length, type: types.receiverReport, length: reportLength })
  view.setUint32(4, ssrc)
  for (const [i, block] of blocks.entries()) {
    const at = 8 + i * blockLength
    view.setUint32(at, block.ssrc)
    view.setUint32(at + 4, (block.fractionLost << 24) | (block.cumulativeLost & 0xffffff))
    view.setUint32(at + 8, block.highestSequenceNumber)
    view.setUint32(at + 12, block.jitter)
    view.setUint32(at + 16, block.lastSenderReport)
    view.setUint32(at + 20, block.delaySinceLastSenderReport)
  }
  const head = { count: 1, type: types.sourceDescription, length: descriptionLength }
  writeHead(view, reportLength, head)
  view.setUint32(reportLength + 4, ssrc)
  bytes.set([cnameItem, cname.length], reportLength + 8)
  for (let i = 0; i < cname.length; i++) bytes[reportLength + 10 + i] = cname.charCodeAt(i) & 0x7f
  return bytes
}

function writeHead(
  view: DataView,
  at: number,
  { count, type, length }: { count: number; type: number; length: number },
): void {
  view.setUint8(at, 0x80 | count)
  view.setUint8(at + 1, type)
  view.setUint16(at + 2, length / 4 - 1)
}
