/**
 * A controller: finding, pairing, arming, recording, looking, keeping.
 *
 * @module hub
 */

export { AccessoryClient, type ConnectOptions } from './accessory-client.ts'
export type { Reading, Refusal } from './characteristic-requests.ts'
export { chooseConfiguration, type Offer, type Wishes } from './choose-configuration.ts'
export type { ClipFragment, ClipTarget } from './clip-account.ts'
export { ClipWriter, type ClipWriterOptions } from './clip-writer.ts'
export { HapConnection, type RequestBody } from './connection.ts'
export { DataStreamClient, type DataStreamEvent } from './data-stream.ts'
export {
  characteristicOf,
  optionalCharacteristic,
  type RemoteCharacteristic,
  RemoteDatabase,
  type RemoteService,
  type Value,
} from './database.ts'
export {
  type AccessoryDescription,
  type CameraMode,
  type DescribedCharacteristic,
  type DescribedService,
  describeAccessory,
} from './describe-accessory.ts'
export { AccessoryCache, type Discovery } from './discovery/accessory-cache.ts'
export { type DiscoverOptions, discover, findAccessory } from './discovery/discover.ts'
export { type DiscoveredAccessory, hasSetupId } from './discovery/discovered-accessory.ts'
export type { DnsMessage, DnsQuestion, DnsRecord } from './discovery/message.ts'
export { HubError, type HubErrorCode, hubErrors, isHubError } from './errors.ts'
export {
  chooseStream,
  type LiveChoice,
  type LiveSuite,
  type LiveWishes,
} from './live/choose-stream.ts'
export { LiveMovie } from './live/live-movie.ts'
export type {
  LiveEnd,
  LiveReport,
  LiveTrackReport,
  LiveViolation,
} from './live/live-report.ts'
export type { LivePicture, LiveSample, LiveSound } from './live/live-sample.ts'
export { type LiveOptions, LiveView } from './live/live-view.ts'
export type { StreamOffer } from './live/stream-offer.ts'
export { waitForMotion } from './motion.ts'
export type { Address } from './open-socket.ts'
export { type PairOptions, type PairStep, pair } from './pairing.ts'
export type { HubProfile, Stance } from './profiles/profile.ts'
export { armAs, type ProfileName, profiles } from './profiles/profiles.ts'
export { Announcements } from './reconnect/announcements.ts'
export { connections, type KeepOptions } from './reconnect/connections.ts'
export { type WatchEvent, type WatchOptions, watch } from './reconnect/watch.ts'
export {
  type ClipReport,
  type RecordingOptions,
  type RecordingReport,
  type RecordOptions,
  type RecordStep,
  recordClip,
  recordInto,
} from './record-clip.ts'
export { Recording, type RecordingEnd, type RecordingTimes } from './recording.ts'
export {
  type ArmOptions,
  arm,
  armedConfiguration,
  disarm,
  motionCharacteristic,
  readOffer,
  select,
} from './secure-video.ts'
export { ControllerStore, type StoredAccessory } from './store/controller-store.ts'
export { MemoryStore } from './store/memory-store.ts'
export type { PairingStore } from './store/pairing-store.ts'
export { Trace } from './trace/trace.ts'
export type {
  TraceBeginning,
  TraceBroken,
  TraceClosed,
  TraceEntry,
  TraceHds,
  TraceHttp,
  TraceOpened,
  TraceSide,
  TraceSink,
  TraceTlvItem,
} from './trace/trace-entry.ts'
export { TraceFile, type TraceFileOptions } from './trace/trace-file.ts'
export { clipDate, clipName } from './vault/clip-name.ts'
export type { ClipBeginning, ClipSidecar } from './vault/sidecar.ts'
export { keepVault } from './vault/vault.ts'
export type { VaultLimits } from './vault/vault-directory.ts'
export type { VaultCamera, VaultEvent, VaultOptions } from './vault/vault-options.ts'
export { verify } from './verify.ts'
