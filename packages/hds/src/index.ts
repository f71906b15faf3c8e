/**
 * Both roles of a HomeKit Data Stream, and the parts they are made of.
 *
 * @module hds
 */

export { HdsAccessory } from './accessory.ts'
export type {
  HdsAccessoryCommand,
  HdsAccessoryEvent,
  HdsAccessoryOptions,
  SendFragment,
} from './accessory-types.ts'
export { CHUNK_LENGTH } from './chunks.ts'
export type { FailedEvent } from './data-stream.ts'
export { HdsError, type HdsErrorCode, hdsErrors, isHdsError } from './errors.ts'
export { MAX_PAYLOAD_LENGTH, MAX_SENT_PAYLOAD_LENGTH } from './frame.ts'
export { FrameOpener, type FrameOpenerOptions } from './frame-opener.ts'
export { FrameSealer } from './frame-sealer.ts'
export { HdsHub } from './hub.ts'
export type { FragmentEvent, HdsHubCommand, HdsHubEvent, HdsHubOptions } from './hub-types.ts'
export { identify } from './identify.ts'
export { deriveHdsKeys, type HdsKeyInput, type HdsKeys } from './keys.ts'
export type { Machine } from './machine.ts'
export {
  decodeHeader,
  decodeMessage,
  decodePayload,
  encodePayload,
  type HdsEventHeader,
  type HdsHeader,
  type HdsId,
  type HdsPayload,
  type HdsRequestHeader,
  type HdsResponseHeader,
  splitPayload,
} from './message.ts'
export { type HdsNotice, hdsNotices, type NoticeEvent } from './notices.ts'
export {
  decodeSetupRequest,
  decodeSetupResponse,
  encodeSetupReadback,
  encodeSetupRequest,
  encodeSetupResponse,
  type SetupRequest,
  type SetupResponse,
  SUPPORTED_DATA_STREAM_TRANSPORT,
} from './setup.ts'
export {
  type DataSendReason,
  dataSendReason,
  type HdsStatus,
  hdsStatus,
  reasonName,
  statusName,
} from './status.ts'
export {
  type AccessoryAt,
  type AccessoryInput,
  accessoryTransitions,
  type HubAt,
  type HubInput,
  hubTransitions,
  type Transitions,
} from './transitions.ts'
export { type HdsViolation, hdsViolations } from './violations.ts'
