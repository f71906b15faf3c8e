import type { ReportBlock, RtcpMessage } from '../rtp/rtcp.ts'
import type { SrtpRefusal } from '../srtp/srtp-receiver.ts'

/** What the other side has to say of a stream. */
export type RtpSenderEvent =
  | {
      /** It cannot go on without a key frame. */
      readonly type: 'key-frame-wanted'
      readonly why: 'picture-loss' | 'full-intra-request'
    }
  | {
      readonly type: 'reception-report'
      readonly report: ReportBlock
      /** From us to it and back; undefined until it has had a sender report. */
      readonly roundTripMs: number | undefined
    }
  | {
      /** These packets did not come. They are not sent again: HomeKit has no retransmission. */
      readonly type: 'nack'
      readonly sequenceNumbers: readonly number[]
    }
  | {
      /** It takes its leave. */
      readonly type: 'goodbye'
    }
  | {
      /** A datagram that is not from who has the key, or that nobody understands. */
      readonly type: 'refused'
      readonly why: SrtpRefusal
    }

/** @returns What an RTCP message says of the source `ssrc`, which got it at `unixTimeMs`. */
export function senderEvent(
  message: RtcpMessage,
  ssrc: number,
  unixTimeMs: number,
): RtpSenderEvent[] {
  switch (message.type) {
    case 'sender-report':
    case 'receiver-report': {
      const report = message.blocks.find(block => block.ssrc === ssrc)
      if (report === undefined) return []
      return [{ type: 'reception-report', report, roundTripMs: roundTrip(report, unixTimeMs) }]
    }
    case 'picture-loss':
      return message.mediaSsrc === ssrc ? [{ type: 'key-frame-wanted', why: message.type }] : []
    case 'full-intra-request':
      return message.requests.some(request => request.mediaSsrc === ssrc)
        ? [{ type: 'key-frame-wanted', why: message.type }]
        : []
    case 'nack':
      return message.mediaSsrc === ssrc
        ? [{ type: 'nack', sequenceNumbers: message.sequenceNumbers }]
        : []
    case 'bye':
      return [{ type: 'goodbye' }]
    case 'source-description':
      return []
  }
}

/** Arrival less what the report says of our report and of its delay. @see RFC 3550 §6.4.1, figure 2 */
function roundTrip(report: ReportBlock, unixTimeMs: number): number | undefined {
  const { lastSenderReport, delaySinceLastSenderReport } = report
  if (lastSenderReport === 0) return undefined
  // The middle 32 bits of NTP time. It begins in 1900, a whole number of wraps and 0x7e80 before 1970.
  const arrival = Math.floor((unixTimeMs / 1000) * 0x10000) + 0x7e80 * 0x10000
  const units = (arrival - lastSenderReport - delaySinceLastSenderReport) | 0
  return Math.max(0, (units * 1000) / 0x10000)
}
