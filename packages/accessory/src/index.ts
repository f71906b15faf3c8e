export type {
  AccessoryEvent,
  AccessoryInfo,
  AccessoryInformation,
  AccessoryOptions,
  CommonOptions,
  PublishedServices,
  RunningAccessory,
  ServiceSpecs,
} from './accessory-options.ts'
export type { CameraAbilities, CameraDelegate } from './camera/abilities.ts'
export type { CameraSettings } from './camera/camera-settings.ts'
export type { CameraEvent } from './camera/events.ts'
export {
  type RecordingAbilities,
  type RecordingAudio,
  recordingSizes,
} from './camera/recording-offer.ts'
export { type ControlOptions, type RunningControl, startControl } from './control/start-control.ts'
export type {
  CharacteristicLimits,
  CharacteristicOptions,
  PublishedCharacteristic,
} from './database/characteristic.ts'
export type { RequestContext, Requester } from './database/request-context.ts'
export type { CustomCharacteristic, NamedCharacteristics, ServiceSpec } from './database/service.ts'
export type { CharacteristicValue } from './database/value.ts'
export {
  AccessoryError,
  type AccessoryErrorCode,
  accessoryErrors,
  hapStatusError,
  isAccessoryError,
} from './errors.ts'
export type { LiveSuite } from './live/live-suite.ts'
export type { Log } from './log.ts'
export type { RecordingReport } from './recording/recording-session.ts'
export { readEvents } from './records/event-file.ts'
export type {
  EventLive,
  EventOutcome,
  EventRecord,
  EventRecording,
  EventSetUp,
  EventVideo,
  Readiness,
} from './records/event-record.ts'
export type { DelayTotals, EventTotals } from './records/event-totals.ts'
export { explain } from './records/explain.ts'
export { startAccessory } from './start-accessory.ts'
export {
  type CameraInfo,
  type CameraOptions,
  type CameraState,
  type RunningCamera,
  startCamera,
} from './start-camera.ts'
export { type Backup, backUpState, backupName, type StateTexts } from './storage/backup.ts'
export {
  checkState,
  type FileReport,
  type FileState,
  type StateReport,
} from './storage/check-state.ts'
export { type Replaced, resetState, restoreState } from './storage/restore-state.ts'
export { type StoredSourceMemory, sourceMemory } from './storage/source-memory.ts'
