import type { CryptoProvider } from '@hksv/crypto'

import type { Address } from '../open-socket.ts'
import type { ControllerStore, StoredAccessory } from '../store/controller-store.ts'
import type { Trace } from '../trace/trace.ts'
import type { Announcement } from './evidence/announcement.ts'
import type { ConformProgress } from './report/report.ts'
import type { ConformRule } from './rule.ts'

/** How a camera is judged. */
export interface ConformOptions {
  /** Holds the pairing, and keeps one that the run makes until it takes it back. */
  readonly store: ControllerStore
  readonly crypto?: CryptoProvider
  /** Where the camera is. */
  readonly address: Address
  /** Its pairing with the store; without one it has to be unpaired, and `setupCode` given. */
  readonly accessory?: StoredAccessory
  /** Eight digits, in any form. */
  readonly setupCode?: string
  /** Makes something move in front of the camera; else the run waits for real motion. */
  readonly trigger?: (signal: AbortSignal) => Promise<void>
  /** Presses the bell. */
  readonly press?: (signal: AbortSignal) => Promise<void>
  /** Restarts the camera; resolves when it may be asked again. */
  readonly restart?: (signal: AbortSignal) => Promise<void>
  /** Judges what cannot be put back, too, or may end the camera: wrong codes, unpairing, restarts. */
  readonly isDestructive?: boolean
  /** Which rules; all unless given. */
  readonly select?: (rule: ConformRule) => boolean
  /** How long real motion is waited for; 120,000 ms unless given. */
  readonly motionTimeoutMs?: number
  /** How much of a recording is judged after what was kept before the motion; 8000 ms unless given. */
  readonly liveMs?: number
  /** How long the prebuffer may fill after arming; what was selected, and two fragments, unless given. */
  readonly fillMs?: number
  /** How the camera announces itself; listened for on the network unless given. */
  readonly hear?: (signal: AbortSignal) => Promise<Announcement | undefined>
  /** Where to write down what is said. */
  readonly trace?: Trace
  /** Ends the run; what was judged is in the report, and the camera is left as it was. */
  readonly signal?: AbortSignal
  /** Told of each step; must not throw. */
  readonly onProgress?: (progress: ConformProgress) => void
}
