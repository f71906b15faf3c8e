import { blockLength, cnameItem, type ReportBlock, rtcpTypes } from './rtcp.ts'

/** What {@link writeReceiverReport} writes. */
export interface ReceiverReport {
  /** Of whoever reports. */
  readonly ssrc: number
  /** Canonical name of whoever reports: up to 255 ASCII characters. */
  readonly cname: string
  readonly blocks: readonly ReportBlock[]
}

/** What {@link writeSenderReport} writes. */
export interface SenderReport {
  readonly ssrc: number
  /** Up to 255 ASCII characters. */
  readonly cname: string
  /** Milliseconds since 1970. */
  readonly unixTimeMs: number
  /** The same moment in units of the clock rate, 32 bits. */
  readonly timestamp: number
  /** 32 bits, as they are after a wrap. */
  readonly packetCount: number
  /** Bytes of payload, without headers and padding; 32 bits. */
  readonly octetCount: number
}

/**
 * Writes a compound packet of a receiver report and the canonical name, as every one has to be.
 * @throws RangeError for more than 31 blocks or a longer name.
 * @see RFC 3550 §6.1, §6.4.2, §6.5
 */
export function writeReceiverReport({ ssrc, cname, blocks }: ReceiverReport): Uint8Array {
  if (blocks.length > 31) throw new RangeError('too long for one report')
  const reportLength = 8 + blockLength * blocks.length
  const bytes = new Uint8Array(reportLength + descriptionLength(cname))
  const view = new DataView(bytes.buffer)
  writeHead(view, 0, { count: blocks.length, type: rtcpTypes.receiverReport, length: reportLength })
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
  writeDescription(view, reportLength, ssrc, cname)
  return bytes
}

/** From 1900, where NTP begins, to 1970. */
const ntpToUnixSeconds = 2_208_988_800
const senderReportLength = 28

/**
 * Writes a compound packet of a sender report without blocks and the canonical name.
 * @throws RangeError for a name that is too long.
 * @see RFC 3550 §6.1, §6.4.1, §6.5
 */
export function writeSenderReport(report: SenderReport): Uint8Array {
  const { ssrc, cname, unixTimeMs } = report
  const bytes = new Uint8Array(senderReportLength + descriptionLength(cname))
  const view = new DataView(bytes.buffer)
  writeHead(view, 0, { count: 0, type: rtcpTypes.senderReport, length: senderReportLength })
  view.setUint32(4, ssrc)
  const seconds = Math.floor(unixTimeMs / 1000)
  view.setUint32(8, seconds + ntpToUnixSeconds)
  view.setUint32(12, Math.floor(((unixTimeMs - 1000 * seconds) / 1000) * 2 ** 32))
  view.setUint32(16, report.timestamp)
  view.setUint32(20, report.packetCount)
  view.setUint32(24, report.octetCount)
  writeDescription(view, senderReportLength, ssrc, cname)
  return bytes
}

/** Writes the goodbye of a source, to stand behind a report. @see RFC 3550 §6.6 */
export function writeBye(ssrc: number): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  writeHead(view, 0, { count: 1, type: rtcpTypes.bye, length: 8 })
  view.setUint32(4, ssrc)
  return bytes
}

/** The list of items ends with one to four zeros, on a boundary of four bytes. */
function descriptionLength(cname: string): number {
  if (cname.length > 255) throw new RangeError('a canonical name of more than 255 characters')
  return 8 + 4 * Math.floor((2 + cname.length) / 4 + 1)
}

function writeDescription(view: DataView, at: number, ssrc: number, cname: string): void {
  const head = { count: 1, type: rtcpTypes.sourceDescription, length: descriptionLength(cname) }
  writeHead(view, at, head)
  view.setUint32(at + 4, ssrc)
  view.setUint8(at + 8, cnameItem)
  view.setUint8(at + 9, cname.length)
  for (let i = 0; i < cname.length; i++) view.setUint8(at + 10 + i, cname.charCodeAt(i) & 0x7f)
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
