import { type MediaSource, systemClock } from '@hksv/media'

import type { AccessoryInfo, CommonOptions } from './accessory-options.ts'
import { type CameraAbilities, type CameraDelegate, completeAbilities } from './camera/abilities.ts'
import { CameraAccessory } from './camera/camera-accessory.ts'
import { SettingsStore } from './camera/camera-settings.ts'
import type { CameraEvent } from './camera/events.ts'
import { recordingOffer } from './camera/recording-offer.ts'
import { hashOffer } from './camera/recording-selection.ts'
import type { Log } from './log.ts'
import { openParts } from './open-parts.ts'

/** How a camera is started. */
export interface CameraOptions extends CommonOptions, CameraAbilities {
  /** Belongs to the caller, who closes it after the camera. */
  readonly source: MediaSource
  /** The camera's hardware: its light, night vision, microphone and speaker. */
  readonly delegate?: CameraDelegate
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
  /** Somebody is there. @returns False when the camera is switched off, or has no such sensor. */
  raiseOccupancy(durationMs: number): boolean
  clearOccupancy(): void
  /**
   * Somebody rings: an event each time, also of a camera that is switched off, and ten seconds of
   * motion when recordings are wanted. @returns False when it is no doorbell.
   */
  ringDoorbell(): boolean
  /**
   * The camera's own switch: nothing is seen, shown or recorded while it is off. It is kept, also when
   * everybody unpairs. Resolves when it is on the disk.
   */
  setManuallyDisabled(isDisabled: boolean): Promise<void>
  /** Whether something else than this home watches. */
  setThirdPartyActive(isActive: boolean): void
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
  const abilities = completeAbilities(options)
  const offer = recordingOffer(options.source.description, {
    ...options.recording,
    isDoorbell: abilities.isDoorbell,
  })
  const information = { model: MODEL, ...options.information }
  const parts = await openParts({ ...options, information }, () => clock.now())
  const camera = await cameraOf(parts).catch(async (error: unknown) => {
    await parts.store.close()
    throw error
  })
  try {
    await camera.listen()
    return camera
  } catch (error) {
    await camera.close()
    throw error
  }

  async function cameraOf({ store, pairings }: typeof parts): Promise<CameraAccessory> {
    const settings = await SettingsStore.open(store.camera, store.initial.camera, {
      isPaired: pairings.size > 0,
      streamCount: abilities.streamCount,
      offerHash: hashOffer(offer),
    })
    return new CameraAccessory({ ...parts, options, abilities, offer, settings, clock })
  }
}
