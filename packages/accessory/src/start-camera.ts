import type { CryptoProvider } from '@hksv/crypto'
import { chooseProvider } from '@hksv/crypto/node'
import { PairSetupGate, parseSetupCode } from '@hksv/hap'
import { type MediaSource, systemClock } from '@hksv/media'

import { Accessory } from './accessory.ts'
import { SettingsStore } from './camera/camera-settings.ts'
import type { CameraEvent } from './camera/events.ts'
import { AccessoryError } from './errors.ts'
import { openIdentity } from './identity.ts'
import type { Log } from './log.ts'
import { PairingList } from './pairing-list.ts'
import { openStore } from './storage/store.ts'

/** How a camera is started. */
export interface CameraOptions {
  /** Shown in Home; 1 to 63 bytes. */
  readonly name: string
  /** Belongs to the caller, who closes it after the camera. */
  readonly source: MediaSource
  /** Identity, pairings and settings; made with 0700 if it is not there. */
  readonly storage: string
  /** The address to listen on; all of them unless given. */
  readonly host?: string
  /** 0 for any free one; that of the last start unless given. */
  readonly port?: number
  /** Eight digits; drawn once and kept unless given. */
  readonly setupCode?: string
  readonly isDoorbell?: boolean
  /** Announces the camera on the network unless false. */
  readonly mdns?: boolean
  /** Where the control API listens; nowhere unless given. Beyond the loopback it needs a token. */
  readonly control?: { readonly host: string; readonly port: number; readonly token?: string }
  /** Longest recording in milliseconds; 180,000 unless given. */
  readonly maxRecordingMs?: number
  readonly log: Log
  /** Told of what happens, in order; must not throw. */
  readonly onEvent?: (event: CameraEvent) => void
  /** The backend of this process unless given. */
  readonly crypto?: CryptoProvider
}

/** What a running camera is reached by. */
export interface CameraInfo {
  readonly name: string
  /** Device id. */
  readonly id: string
  readonly host: string
  readonly port: number
  /** `DDD-DD-DDD`, and the text of its QR code, as long as nobody is paired. */
  readonly setupCode: string | undefined
  readonly setupUri: string | undefined
  readonly controlUrl: string | undefined
  readonly storage: string
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

const STREAM_COUNT = 2

/**
 * Starts a Secure Video camera.
 *
 * @throws HapError `SETUP_CODE_FORMAT`, `SETUP_CODE_FORBIDDEN`
 * @throws AccessoryError `OPTION_INVALID`, `STORAGE_DAMAGED`, `STORAGE_UNUSABLE`, `PORT_IN_USE`,
 * `BIND_FAILED`
 * @example
 * await using source = await openSource('sample')
 * await using camera = await startCamera({ name: 'Porch', source, storage: './porch', log: pino() })
 */
export async function startCamera(options: CameraOptions): Promise<RunningCamera> {
  const nameLength = Buffer.byteLength(options.name)
  if (nameLength < 1 || nameLength > 63) {
    throw new AccessoryError('OPTION_INVALID', {
      message: 'The name has to be 1 to 63 bytes long. Choose another with --name.',
    })
  }
  const code = options.setupCode === undefined ? undefined : parseSetupCode(options.setupCode)
  const crypto = options.crypto ?? chooseProvider()
  const store = await openStore(options.storage)
  const identity = await openIdentity(crypto, store, code)
  const stored = store.initial.pairings ?? { failedAttempts: 0, pairings: [] }
  const gate = new PairSetupGate({
    isPaired: stored.pairings.length > 0,
    failedAttempts: stored.failedAttempts,
  })
  const accessory = new Accessory({
    ...options,
    crypto,
    store,
    identity,
    gate,
    pairings: new PairingList(store.pairings, gate, stored),
    settings: new SettingsStore(
      store.camera,
      // Settings end with the last pairing, also when the camera was killed in between.
      stored.pairings.length > 0 ? store.initial.camera : undefined,
      STREAM_COUNT,
    ),
    streamCount: STREAM_COUNT,
    clock: systemClock,
  })
  try {
    await accessory.listen()
  } catch (error) {
    await accessory.close()
    throw error
  }
  return accessory
}
