export { type AccessoryCategory, accessoryCategory } from './definitions/categories.ts'
export type {
  CharacteristicDefinition,
  CharacteristicFormat,
  CharacteristicPermission,
  FormatValue,
  ValueLimits,
} from './definitions/characteristic-definition.ts'
export {
  type CharacteristicFormats,
  type CharacteristicName,
  characteristics,
} from './definitions/characteristics.ts'
export { characteristicDefinition, characteristicName, serviceName } from './definitions/names.ts'
export type { ServiceDefinition } from './definitions/service-definition.ts'
export { type ServiceName, services } from './definitions/services.ts'
export { HapError, type HapErrorCode, hapErrors, isHapError } from './errors.ts'
export { type HttpMessage, HttpMessageParser } from './http-message.ts'
export { type HttpRequest, HttpRequestParser } from './http-request.ts'
export type { Machine } from './machine.ts'
export {
  type AccessoryIdentity,
  type Pairing,
  PairSetupAccessory,
  type PairSetupEvent,
  pairSetupTransitions,
} from './pair-setup-accessory.ts'
export {
  type ControllerIdentity,
  type PairedEvent,
  PairSetupController,
} from './pair-setup-controller.ts'
export { PairSetupGate, type PairSetupSession } from './pair-setup-gate.ts'
export {
  PairVerifyAccessory,
  pairVerifyTransitions,
  type VerifiedEvent,
} from './pair-verify-accessory.ts'
export { PairVerifyController } from './pair-verify-controller.ts'
export {
  ADMIN,
  type PairingError,
  type PairingMessage,
  pairingError,
  pairingMessage,
  pairingMethod,
} from './pairing-message.ts'
export {
  applyPairingsRequest,
  decodePairingsRequest,
  decodePairingsResponse,
  encodePairingsRequest,
  MAX_PAIRINGS,
  type PairingsRequest,
  type PairingsResult,
} from './pairings.ts'
export { RecordOpener, RecordSealer } from './record-layer.ts'
export {
  recordingSampleRates,
  type SelectedCameraRecordingConfiguration,
  type SupportedAudioCodec,
  type SupportedAudioRecordingConfiguration,
  type SupportedCameraRecordingConfiguration,
  type SupportedVideoCodec,
  type SupportedVideoRecordingConfiguration,
  selectedCameraRecordingConfiguration,
  supportedAudioRecordingConfiguration,
  supportedCameraRecordingConfiguration,
  supportedVideoRecordingConfiguration,
  type VideoAttributes,
} from './recording-configuration.ts'
export { type SessionKeys, sessionKeys } from './session-keys.ts'
export {
  generateDeviceId,
  generateSetupCode,
  generateSetupId,
  parseSetupCode,
  setupHash,
} from './setup-code.ts'
export { parseSetupUri, type SetupPayload, setupUri } from './setup-uri.ts'
export {
  clientProof,
  createSrpCredentials,
  type SrpClient,
  type SrpCredentials,
  type SrpServer,
  type SrpSession,
  serverProof,
  serverPublicKey,
  serverSharedSecret,
  srpClient,
  srpServer,
  srpServerVerify,
} from './srp.ts'
export { type HapStatus, hapStatus, hapStatusText } from './status.ts'
export {
  type StreamingStatus,
  type SupportedAudioStreamConfiguration,
  type SupportedRtpConfiguration,
  type SupportedVideoStreamConfiguration,
  streamingStatus,
  supportedAudioStreamConfiguration,
  supportedRtpConfiguration,
  supportedVideoStreamConfiguration,
} from './stream-configuration.ts'
export {
  type SelectedAudioStream,
  type SelectedRtpStreamConfiguration,
  type SelectedVideoStream,
  type SetupEndpointsRequest,
  type SetupEndpointsResponse,
  type StreamAddress,
  type StreamControl,
  type StreamSealing,
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
  streamCommand,
} from './stream-session.ts'
export { longUuid, shortUuid } from './uuid.ts'
