import { hapStatus } from '@hksv/hap'

import { type CameraSettings, isAwake } from './camera-settings.ts'

const REASON_PERIODIC = 0
const REASON_EVENT = 1

/** Whether anybody may see what the camera sees. */
export function isShown(settings: CameraSettings): boolean {
  return isAwake(settings) && settings.isStreamingActive.some(active => active)
}

/**
 * Decides whether a picture may be taken. A controller that gives no reason knows nothing of the two
 * kinds and is refused when either is off.
 *
 * @returns The status to refuse with, or `undefined` to go ahead.
 * @see Secure Video R2 §5
 */
export function refuseSnapshot(
  settings: CameraSettings,
  reason: number | undefined,
): number | undefined {
  if (!isShown(settings)) return hapStatus.notAllowedInCurrentState
  const rules = [
    { isAllowed: settings.areEventSnapshotsActive, reason: REASON_EVENT },
    { isAllowed: settings.arePeriodicSnapshotsActive, reason: REASON_PERIODIC },
  ]
  for (const rule of rules) {
    if (rule.isAllowed) continue
    // A reason that nobody knows is none.
    if (reason !== REASON_EVENT && reason !== REASON_PERIODIC) {
      return hapStatus.insufficientPrivileges
    }
    if (reason === rule.reason) return hapStatus.notAllowedInCurrentState
  }
  return undefined
}
