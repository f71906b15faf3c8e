import { type MediaSource, systemClock } from '@hksv/media'

import type { AccessoryInfo, CommonOptions } from './accessory-options.ts'
import { CameraAccessory } from './camera/camera-accessory.ts'
import type { CameraEvent } from './camera/events.ts'
import type { Log } from './log.ts'
import { openParts } from './open-parts.ts'

/** How a camera is started. */
export interface CameraOptions extends CommonOptions {
  /** Belongs to the caller, who closes it after the camera. */
  readonly source: MediaSource
  readonly isDoorbell?: boolean
  /** Where the control API listens; nowhere unless given. Beyond the loopback it needs a token. */
  readonly control?: { readonly host: string; readonly port: number; readonly token?: string }
  /** Longest recording in milliseconds; 180,000 unless given. */
  readonly maxRecordingMs?: number
  readonly log: Log
  /** Told of what happens, in order; must not throw. */
  readonly onEvent?: (event: CameraEvent) => void
}

/** What a running camera is reached by. */
export interface CameraInfo extends AccessoryInfo {
  readonly controlUrl: string | undefined
}

/** A camera that can be paired with and recorded from, until it is closed. */
export interface RunningCamera extends AsyncDisposable {
  readonly info: CameraInfo
  /** Something moves. @returns False when the camera is switched off. */
  raiseMotion(durationMs: number): boolean
  clearMotion(): void
  /** Somebody rings. @returns False when it is no doorbell, or switched off. */
  ringDoorbell(): boolean
  /** Says goodbye on the network, ends every connection and stops the source. */
  close(): Promise<void>
}

const MODEL = 'HKSV Camera'

/**
 * Starts a Secure Video camera.
 *
 * @throws HapError `SETUP_CODE_FORMAT`, `SETUP_CODE_FORBIDDEN`
 * @throws AccessoryError `OPTION_INVALID`, `STORAGE_DAMAGED`, `STORAGE_IN_USE`, `STORAGE_UNUSABLE`,
 * `PORT_IN_USE`, `BIND_FAILED`
 * @example
 * await using source = await openSource('sample')
 * await using camera = await startCamera({ name: 'Porch', source, storage: './porch', log: pino() })
 */
export async function startCamera(options: CameraOptions): Promise<RunningCamera> {
  const clock = systemClock
  const information = { model: MODEL, ...options.information }
  const parts = await openParts({ ...options, information }, () => clock.now())
  const camera = new CameraAccessory(options, parts, clock)
  try {
    await camera.listen()
    return camera
  } catch (error) {
    await camera.close()
    throw error
  }
}
