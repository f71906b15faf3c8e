import type { CryptoProvider } from '@hksv/crypto'
import type { SelectedCameraRecordingConfiguration } from '@hksv/hap'

import type { Announcements } from '../reconnect/announcements.ts'
import type { ArmOptions } from '../secure-video.ts'
import type { ControllerStore } from '../store/controller-store.ts'
import type { Trace } from '../trace/trace.ts'
import type { ClipSidecar } from './sidecar.ts'
import type { VaultLimits } from './vault-directory.ts'

/** What a vault is kept with. */
export interface VaultOptions extends VaultLimits {
  /** Every camera in it is recorded, also one that is paired with later. */
  readonly store: ControllerStore
  /** Where the clips are; made if it is not there. */
  readonly directory: string
  /** Ends everything in good order: clips get their names. */
  readonly signal: AbortSignal
  readonly crypto?: CryptoProvider
  readonly announcements?: Announcements
  /** Where to write down what is said to all of them. */
  readonly trace?: Trace
  /** What cameras are armed with that are not armed. */
  readonly arm?: ArmOptions
  /** Name or path of the program that makes posters; `ffmpeg` unless given. */
  readonly ffmpeg?: string
  /** A clip ends with the fragment that reaches this length, and another begins; 180,000 unless given. */
  readonly maxClipMs?: number
  /** A clip ends when nothing has moved for so long; 8000 unless given. */
  readonly quietMs?: number
  /** Told of everything that happens. May not throw. */
  readonly onEvent?: (event: VaultEvent) => void
}

/** Which camera an event is about. */
export interface VaultCamera {
  readonly deviceId: string
  readonly name: string | null
}

/** What happens in a vault. */
export type VaultEvent =
  | ({ readonly event: 'connected' } & VaultCamera)
  | ({ readonly event: 'lost'; readonly message: string; readonly retryMs: number } & VaultCamera)
  | ({
      readonly event: 'armed'
      readonly selected: SelectedCameraRecordingConfiguration
    } & VaultCamera)
  | ({ readonly event: 'motion' } & VaultCamera)
  | ({ readonly event: 'recording'; readonly path: string } & VaultCamera)
  | ({
      readonly event: 'recorded'
      readonly path: string
      readonly clip: ClipSidecar
    } & VaultCamera)
  /** Something did not work; everything goes on. */
  | ({ readonly event: 'failed'; readonly message: string } & Partial<VaultCamera>)
  /** No camera, or not ours any more: it is left alone until it is paired with again. */
  | ({ readonly event: 'dropped'; readonly message: string } & VaultCamera)
  | { readonly event: 'adopted'; readonly path: string; readonly clip: ClipSidecar }
  | { readonly event: 'removed'; readonly path: string }
  /** After each look at the directory. */
  | { readonly event: 'kept'; readonly clips: number; readonly bytes: number }
