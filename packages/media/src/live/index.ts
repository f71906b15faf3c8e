export { type Clock, systemClock } from '../clock.ts'
export { deriveSrtpKey } from '../srtp/key-derivation.ts'
export { SrtpReceiver, type SrtpRefusal } from '../srtp/srtp-receiver.ts'
export { SrtpSender, type SrtpSenderStart } from '../srtp/srtp-sender.ts'
export {
  type SrtpKey,
  type SrtpSuite,
  type SuiteLengths,
  srtpOverhead,
  srtpSuites,
} from '../srtp/suites.ts'
export { type DatagramLimit, datagramLength, defaultMtus, maxPayloadLength } from './datagram.ts'
export type { RtpSenderEvent } from './events.ts'
export { LiveClock } from './live-clock.ts'
export type { LiveQuality } from './live-meter.ts'
export { LiveReceiver, type LiveReceiverOptions } from './live-receiver.ts'
export { type LiveFinding, type LiveRule, type LiveRuleText, liveRules } from './live-rules.ts'
export type { LiveCodec } from './packetize.ts'
export { type LiveFrame, RtpSender, type RtpSenderStatistics } from './rtp-sender.ts'
export type { RtpSenderOptions } from './rtp-sender-options.ts'
