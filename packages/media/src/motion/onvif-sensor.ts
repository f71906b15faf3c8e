import { type Clock, systemClock } from '../clock.ts'
import { isMediaError, MediaError } from '../errors.ts'
import { HttpCamera } from '../http/http-camera.ts'
import type { OnvifNotification } from '../onvif/notification.ts'
import { PullPoint } from '../onvif/pull-point.ts'
import { SoapCamera, SoapFault } from '../onvif/soap-camera.ts'
import type { MotionSensor, Seen } from './motion-sensor.ts'

/** While the camera says that something moves, it is said again this often. */
const REPEAT_MS = 5000
/** Some never say that it is over. */
const MAX_ON_MS = 120_000
/** Some answer at once that there is nothing. */
const MIN_PULL_MS = 500

/** How {@link onvifSensor} watches. */
export interface OnvifSensorOptions {
  /** The time of the process unless told. */
  readonly clock?: Clock
}

/**
 * Takes motion, and presses of a doorbell, from the events that a camera tells over ONVIF.
 * @param address - `onvif://USER:PASSWORD@HOST[:PORT]`, or `onvifs:` over TLS, with `#insecure` for a
 * certificate that nobody signed. User and password are those of ONVIF, which some cameras have apart.
 * @throws MediaError MEDIA_MOTION_ADDRESS, without the address, which may have a password in it.
 * @example
 * onvifSensor('onvif://admin:secret@10.0.0.7')
 */
export function onvifSensor(address: string, options: OnvifSensorOptions = {}): MotionSensor {
  const { clock = systemClock } = options
  const http = httpCamera(address)
  return {
    name: `onvif://${http.url.host}`,
    watch: async (seen, signal) => {
      try {
        await watch(new SoapCamera(http), seen, clock, signal)
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },
  }
}

function httpCamera(address: string): HttpCamera {
  try {
    const [, secure, rest = ''] = /^onvif(s?):(\/\/[^/].*)$/i.exec(address.trim()) ?? []
    const url = new URL(`http${secure ?? ''}:${rest}`)
    if (url.pathname === '/') url.pathname = '/onvif/device_service'
    return new HttpCamera(url.href)
  } catch (cause) {
    // What `URL` says has the address in it.
    throw isMediaError(cause)
      ? new MediaError('MEDIA_MOTION_ADDRESS', { cause })
      : new MediaError('MEDIA_MOTION_ADDRESS')
  }
}

async function watch(
  camera: SoapCamera,
  seen: Seen,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const lasting = new Lasting(seen, clock)
  try {
    for (let hasPulled = true; hasPulled && !signal.aborted; ) {
      const point = await PullPoint.open(camera, signal)
      hasPulled = false
      try {
        for await (const notifications of pulled(point, clock, signal)) {
          hasPulled = true
          for (const one of notifications) lasting.take(one)
        }
      } catch (error) {
        // Subscriptions that are over are made anew; one that never was any good is an error.
        if (!(error instanceof SoapFault)) throw error
        if (!hasPulled)
          throw new MediaError('MEDIA_ONVIF', {
            source: camera.http.name,
            detail: error.message,
            cause: error,
          })
      } finally {
        await point.close()
      }
    }
  } finally {
    lasting.stop()
  }
}

async function* pulled(
  point: PullPoint,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<readonly OnvifNotification[], void> {
  let renewAt = clock.now() + point.renewAfterMs
  while (!signal.aborted) {
    const startedAt = clock.now()
    yield await point.pull(signal)
    if (clock.now() >= renewAt) {
      const isRenewed = await point.renew(signal)
      renewAt = isRenewed ? clock.now() + point.renewAfterMs : Number.POSITIVE_INFINITY
    }
    if (clock.now() - startedAt < MIN_PULL_MS)
      await clock.sleepUntil(startedAt + MIN_PULL_MS, signal)
  }
}

/** Says again what lasts. */
class Lasting {
  readonly #seen: Seen
  readonly #clock: Clock
  /** Until when each counts that is not said to be over. */
  readonly #until = new Map<string, number>()
  #repeat: NodeJS.Timeout | undefined

  constructor(seen: Seen, clock: Clock) {
    this.#seen = seen
    this.#clock = clock
  }

  take({ kind, key, isOn, isInitial }: OnvifNotification): void {
    if (kind === 'ring') {
      // Who comes anew is told how it is; that is no press.
      if (isOn && !isInitial) this.#seen('ring')
      return
    }
    if (!isOn) this.#until.delete(key)
    else {
      this.#until.set(key, this.#clock.now() + MAX_ON_MS)
      this.#seen()
    }
    this.#repeat ??= setInterval(() => this.#again(), REPEAT_MS)
  }

  stop(): void {
    clearInterval(this.#repeat)
  }

  #again(): void {
    const now = this.#clock.now()
    for (const [key, until] of this.#until) if (until <= now) this.#until.delete(key)
    if (this.#until.size > 0) this.#seen()
    else {
      clearInterval(this.#repeat)
      this.#repeat = undefined
    }
  }
}
