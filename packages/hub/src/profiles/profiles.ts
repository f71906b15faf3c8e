import type { SelectedCameraRecordingConfiguration } from '@hksv/hap'

import type { AccessoryClient } from '../accessory-client.ts'
import { type ArmOptions, arm } from '../secure-video.ts'
import { closesEarly } from './closes-early.ts'
import { oldOs } from './old-os.ts'
import type { HubProfile } from './profile.ts'
import { reSelects } from './re-selects.ts'
import { twoHubs } from './two-hubs.ts'

const PAUSE_MS = 3000

/** The name of one of {@link profiles}. */
export type ProfileName =
  | 'quick'
  | 'slow-reader'
  | 'two-hubs'
  | 'closes-early'
  | 're-selects'
  | 'old-os'

/**
 * The hubs that there are, by name. To change one, spread it: `{ ...profiles['slow-reader'], pauseMs:
 * 500 }`.
 */
export const profiles: Readonly<Record<ProfileName, HubProfile>> = {
  quick: {
    name: 'quick',
    does: 'asks when something moves, and reads as fast as it comes',
    expects: 'records',
  },
  'slow-reader': {
    name: 'slow-reader',
    does: `reads nothing for ${PAUSE_MS / 1000} s after the initialization`,
    expects: 'waits without keeping more than its buffers, and loses nothing',
    pauseMs: PAUSE_MS,
  },
  'two-hubs': twoHubs,
  'closes-early': closesEarly,
  're-selects': reSelects,
  'old-os': oldOs,
}

/**
 * Arms a camera as `arm` does, in the manner of a profile.
 *
 * @throws HubError As `arm`, and `HUB_UNEXPECTED` when the camera does not bear it.
 */
export async function armAs(
  client: AccessoryClient,
  profile: HubProfile,
  options: ArmOptions & { readonly signal?: AbortSignal } = {},
): Promise<SelectedCameraRecordingConfiguration> {
  const { signal, ...wishes } = options
  const selected = await arm(client, wishes)
  await profile.afterArming?.(client, selected, signal)
  return selected
}
