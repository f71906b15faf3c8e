export type { CameraSettings } from './camera/camera-settings.ts'
export type { CameraEvent } from './camera/events.ts'
export {
  AccessoryError,
  type AccessoryErrorCode,
  accessoryErrors,
  isAccessoryError,
} from './errors.ts'
export type { Log } from './log.ts'
export type { RecordingReport } from './recording/recording-session.ts'
export {
  type CameraInfo,
  type CameraOptions,
  type RunningCamera,
  startCamera,
} from './start-camera.ts'
