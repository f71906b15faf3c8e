export type {
  AacParameters,
  AudioParameters,
  PlainAudioParameters,
  RtpEvent,
} from './events.ts'
export { LipSync } from './lip-sync.ts'
export { isRtcp, parseRtpPacket, type RtpPacket } from './packet.ts'
export type { VideoParameters } from './parameter-sets.ts'
export type { ReorderLimits } from './reorder-buffer.ts'
export {
  parseRtcp,
  type ReportBlock,
  type RtcpMessage,
} from './rtcp.ts'
export type { RtcpFeedback } from './rtcp-feedback.ts'
export {
  type AacFormat,
  type MediaAttributes,
  type PlainAudioFormat,
  type RtpFormat,
  rtpFormat,
  type VideoFormat,
} from './rtp-format.ts'
export { RtpReceiver, type RtpReceiverOptions, type RtpStatistics } from './rtp-receiver.ts'
export {
  type ReceiverReport,
  writeReceiverReport,
} from './write-rtcp.ts'
