import type { SelectedCameraRecordingConfiguration } from '@hksv/hap'

import type { AccessoryClient } from '../accessory-client.ts'
import { Recording } from '../recording.ts'

/** A hub that is about to record. */
export interface Stance extends AsyncDisposable {
  /**
   * Asks for the recording, in the manner of its profile.
   *
   * @throws HubError As `Recording.open`, and `HUB_UNEXPECTED`
   */
  open(): Promise<Recording>
}

/** Pace and manners of a home hub. */
export interface HubProfile {
  readonly name: string
  /** What it does, in half a sentence. */
  readonly does: string
  /** What a healthy camera does then. */
  readonly expects: string
  /** Reads nothing for so long after the initialization. */
  readonly pauseMs?: number
  /** Takes position before anything moves; without, it just asks when something does. */
  readonly stand?: (client: AccessoryClient, signal?: AbortSignal) => Promise<Stance>
  /** What it does besides when it has armed a camera. @throws HubError `HUB_UNEXPECTED` */
  readonly afterArming?: (
    client: AccessoryClient,
    selected: SelectedCameraRecordingConfiguration,
    signal?: AbortSignal,
  ) => Promise<void>
}

/** The stance of a hub that does nothing before, and nothing besides. */
export async function plainStance(client: AccessoryClient, signal?: AbortSignal): Promise<Stance> {
  return { open: () => Recording.open(client, signal), async [Symbol.asyncDispose]() {} }
}
