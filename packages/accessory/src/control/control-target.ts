import type { RunningCamera } from '../start-camera.ts'
import type { ControlTarget } from './control-routes.ts'

/** What the control API does to a camera. */
export function controlTarget(
  camera: RunningCamera,
  metrics: (() => Promise<string>) | undefined,
): ControlTarget {
  return {
    raiseMotion: durationMs => camera.raiseMotion(durationMs, 'control'),
    clearMotion: () => camera.clearMotion(),
    raiseOccupancy: durationMs => camera.raiseOccupancy(durationMs),
    clearOccupancy: () => camera.clearOccupancy(),
    ringDoorbell: () => camera.ringDoorbell('control'),
    setManuallyDisabled: isDisabled => camera.setManuallyDisabled(isDisabled),
    snapshot: (width, height) => camera.snapshot(width, height),
    events: () => camera.records,
    state: () => camera.state,
    metrics,
  }
}
