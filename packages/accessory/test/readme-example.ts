import { type CameraOptions, type RunningCamera, startCamera } from '@hksv/accessory'
import type { MediaSource } from '@hksv/media'
import { pino } from 'pino'

/**
 * Starts a camera whose motion is that of a detector; `options` says where it listens. The source is
 * `await openSource('sample')`, or the path of an MP4 file instead.
 */
export async function porch(
  source: MediaSource,
  detector: EventTarget,
  options: Partial<CameraOptions> = {},
): Promise<RunningCamera> {
  const { log = pino() } = options
  const camera = await startCamera({
    name: 'Porch',
    source,
    storage: './porch',
    onEvent: event => log.info(event, event.event),
    ...options,
    log,
  })
  // Nobody is paired yet: this is what to type, or to show as a QR code.
  const { setupCode, setupUri } = camera.info
  if (setupCode !== undefined) log.info({ setupUri }, `Setup code: ${setupCode}`)
  // A hub that was told to record does so as long as this lasts, and from four seconds before it.
  detector.addEventListener('motion', () => camera.raiseMotion(10_000))
  return camera
}
