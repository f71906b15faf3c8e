export { AccessoryClient, type ConnectOptions, type Reading } from './accessory-client.ts'
export { chooseConfiguration, type Offer, type Wishes } from './choose-configuration.ts'
export { type ClipFragment, ClipWriter } from './clip-writer.ts'
export { type Address, HapConnection } from './connection.ts'
export { DataStreamClient, type DataStreamEvent } from './data-stream.ts'
export {
  characteristicOf,
  optionalCharacteristic,
  type RemoteCharacteristic,
  RemoteDatabase,
  type RemoteService,
  type Value,
} from './database.ts'
export { HubError, type HubErrorCode, hubErrors, isHubError } from './errors.ts'
export { type PairOptions, pair } from './pairing.ts'
export {
  type ClipReport,
  type RecordOptions,
  type RecordStep,
  recordClip,
} from './record-clip.ts'
export { Recording, type RecordingEnd, type RecordingTimes } from './recording.ts'
export { type ArmOptions, arm, disarm, motionCharacteristic, readOffer } from './secure-video.ts'
export { ControllerStore, type StoredAccessory } from './store/controller-store.ts'
export { verify } from './verify.ts'
