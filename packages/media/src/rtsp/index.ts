export { parseRtspAddress, type RtspAddress, RtspCredentials } from './address.ts'
export { digestResponse } from './authenticator.ts'
export { type Challenge, type DigestAlgorithm, strongestChallenge } from './challenge.ts'
export type { RtspTlsOptions } from './connect.ts'
export { type PacketHandler, RtspConnection, type RtspConnectionOptions } from './connection.ts'
export type { RtspItem } from './message.ts'
export { type RtspLimits, RtspReader } from './message-reader.ts'
export { parseSdp, type Sdp, type SdpMedia } from './sdp.ts'
export { RtspSession } from './session.ts'
export type {
  PlayingTrack,
  RtspCommand,
  RtspEvent,
  RtspSessionOptions,
  RtspTrack,
} from './session-types.ts'
export { type RtspAt, type RtspInput, rtspTransitions } from './transitions.ts'
export type { RtpInfo, TrackTransport } from './transport.ts'
