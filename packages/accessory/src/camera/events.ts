import type { StreamReport } from '../live/live-stream.ts'
import type { RecordingReport } from '../recording/recording-session.ts'

/** What happens at a camera, for whoever watches it. */
export type CameraEvent =
  | { readonly event: 'paired'; readonly controllers: number }
  | { readonly event: 'unpaired'; readonly controllers: number }
  /** Recordings are wanted and configured: the prebuffer fills. */
  | { readonly event: 'armed' }
  | { readonly event: 'disarmed' }
  | { readonly event: 'motion'; readonly isDetected: boolean }
  | { readonly event: 'occupancy'; readonly isDetected: boolean }
  | { readonly event: 'doorbell' }
  /** The camera's own switch. */
  | { readonly event: 'manually-disabled'; readonly isDisabled: boolean }
  /** The light that shows that the camera is on. */
  | { readonly event: 'indicator'; readonly isOn: boolean }
  /** Whether it switches to night vision by itself. */
  | { readonly event: 'night-vision'; readonly isOn: boolean }
  | { readonly event: 'identify' }
  | { readonly event: 'recording-opened'; readonly controllerId: string }
  | ({ readonly event: 'recording-closed' } & RecordingReport)
  | { readonly event: 'stream-started'; readonly controllerId: string }
  | ({ readonly event: 'stream-stopped' } & StreamReport)
  /** The source broke off, and is started again; for the same reason as just before when `isRepeated`. */
  | { readonly event: 'error'; readonly message: string; readonly isRepeated?: true }
