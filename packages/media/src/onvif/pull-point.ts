import { MediaError } from '../errors.ts'
import { type OnvifNotification, readNotifications } from './notification.ts'
import { type SoapCall, type SoapCamera, SoapFault } from './soap-camera.ts'
import { allAt, within, type XmlElement } from './xml.ts'

const DEVICE = 'http://www.onvif.org/ver10/device/wsdl'
const EVENTS = 'http://www.onvif.org/ver10/events/wsdl'
const NOTIFICATION = 'http://docs.oasis-open.org/wsn/b-2'
const SUBSCRIPTION = 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager'
/** Of a subscription; it is renewed at half of it. */
const LIFE_S = 60
/** The camera waits so long for something to tell. */
const PULL_S = 10
const GOODBYE_MS = 2000

/** A subscription to the events of a camera. */
export class PullPoint {
  readonly renewAfterMs: number = (LIFE_S * 1000) / 2
  readonly #camera: SoapCamera
  readonly #url: URL
  readonly #parameters: readonly XmlElement[]

  private constructor(camera: SoapCamera, url: URL, parameters: readonly XmlElement[]) {
    this.#camera = camera
    this.#url = url
    this.#parameters = parameters
  }

  /**
   * Looks where the events are, and subscribes to all of them.
   * @throws MediaError MEDIA_HTTP_AUTH, MEDIA_ONVIF_NO_EVENTS, MEDIA_ONVIF, MEDIA_HTTP; the reason of the
   * signal.
   */
  static async open(camera: SoapCamera, signal: AbortSignal): Promise<PullPoint> {
    const where = await explained(camera, async () => {
      camera.skewMs = await clockSkew(camera, signal)
      return await eventsAddress(camera, signal)
    })
    if (where === undefined)
      throw new MediaError('MEDIA_ONVIF_NO_EVENTS', { source: camera.http.name })
    return await explained(camera, async () => {
      const call: SoapCall = {
        url: where,
        action: `${EVENTS}/EventPortType/CreatePullPointSubscriptionRequest`,
        body: `<e:CreatePullPointSubscription xmlns:e="${EVENTS}"><e:InitialTerminationTime>PT${LIFE_S}S</e:InitialTerminationTime></e:CreatePullPointSubscription>`,
      }
      const response = await camera.call(call, signal)
      const [reference] = within(response, 'SubscriptionReference')
      const address = reference && allAt(reference, 'Address')[0]?.text
      const parameters = reference === undefined ? [] : allAt(reference, 'ReferenceParameters')
      const url = reachable(camera, address ?? '', where)
      return new PullPoint(
        camera,
        url,
        parameters.flatMap(({ children }) => children),
      )
    })
  }

  /**
   * Waits until there is something to tell, but ten seconds at most.
   * @throws As `open`; SoapFault when the subscription is over.
   */
  async pull(signal: AbortSignal): Promise<OnvifNotification[]> {
    const response = await this.#call(
      `${EVENTS}/PullPointSubscription/PullMessagesRequest`,
      `<e:PullMessages xmlns:e="${EVENTS}"><e:Timeout>PT${PULL_S}S</e:Timeout><e:MessageLimit>100</e:MessageLimit></e:PullMessages>`,
      signal,
      (PULL_S + 10) * 1000,
    )
    return readNotifications(response)
  }

  /** @returns Whether the camera can do that; to pull is enough for those that cannot. @throws As `open`. */
  async renew(signal: AbortSignal): Promise<boolean> {
    const body = `<n:Renew xmlns:n="${NOTIFICATION}"><n:TerminationTime>PT${LIFE_S}S</n:TerminationTime></n:Renew>`
    try {
      await this.#call(`${SUBSCRIPTION}/RenewRequest`, body, signal)
      return true
    } catch (error) {
      if (error instanceof SoapFault) return false
      throw error
    }
  }

  /** Ends the subscription: cameras have places for few. Never throws. */
  async close(): Promise<void> {
    const body = `<n:Unsubscribe xmlns:n="${NOTIFICATION}"/>`
    const { signal } = new AbortController()
    // It ends by itself after a minute.
    await this.#call(`${SUBSCRIPTION}/UnsubscribeRequest`, body, signal, GOODBYE_MS).catch(
      () => undefined,
    )
  }

  #call(action: string, body: string, signal: AbortSignal, deadlineMs = 10_000) {
    const where = { url: this.#url, parameters: this.#parameters }
    return this.#camera.call({ ...where, action, body, deadlineMs }, signal)
  }
}

/** @returns Milliseconds by which the camera is ahead; 0 when it does not tell. */
async function clockSkew(camera: SoapCamera, signal: AbortSignal): Promise<number> {
  const call: SoapCall = {
    url: camera.http.url,
    action: `${DEVICE}/GetSystemDateAndTime`,
    body: `<d:GetSystemDateAndTime xmlns:d="${DEVICE}"/>`,
    isAnonymous: true,
  }
  const response = await unlessFault(camera.call(call, signal))
  const [utc] = response === undefined ? [] : within(response, 'UTCDateTime')
  if (utc === undefined) return 0
  const part = (...path: string[]) => Number(allAt(utc, ...path)[0]?.text ?? Number.NaN)
  const time = Date.UTC(
    part('Date', 'Year'),
    part('Date', 'Month') - 1,
    part('Date', 'Day'),
    part('Time', 'Hour'),
    part('Time', 'Minute'),
    part('Time', 'Second'),
  )
  return Number.isFinite(time) ? time - Date.now() : 0
}

async function eventsAddress(camera: SoapCamera, signal: AbortSignal): Promise<URL | undefined> {
  const { url } = camera.http
  const ask = (name: string, inner: string) =>
    unlessFault(
      camera.call(
        {
          url,
          action: `${DEVICE}/${name}`,
          body: `<d:${name} xmlns:d="${DEVICE}">${inner}</d:${name}>`,
        },
        signal,
      ),
    )
  const capabilities = await ask('GetCapabilities', '<d:Category>Events</d:Category>')
  const [events] = capabilities === undefined ? [] : within(capabilities, 'Events')
  const found = events && allAt(events, 'XAddr')[0]?.text
  if (found) return reachable(camera, found, url)
  const services = await ask('GetServices', '<d:IncludeCapability>false</d:IncludeCapability>')
  const service = (services === undefined ? [] : within(services, 'Service')).find(
    one => allAt(one, 'Namespace')[0]?.text === EVENTS,
  )
  const address = service && allAt(service, 'XAddr')[0]?.text
  return address ? reachable(camera, address, url) : undefined
}

/**
 * Cameras behind NAT, or with two networks, name addresses that nobody reaches: host and port are those
 * the user gave, unless the camera names the same host with another port.
 */
function reachable({ http }: SoapCamera, address: string, base: URL): URL {
  const named = URL.canParse(address, base.href) ? new URL(address, base) : new URL(base)
  const url = new URL(`${named.pathname}${named.search}`, http.url)
  const isHttp = named.protocol === http.url.protocol
  if (isHttp && named.hostname === http.url.hostname) url.port = named.port
  return url
}

async function unlessFault<T>(calling: Promise<T>): Promise<T | undefined> {
  try {
    return await calling
  } catch (error) {
    if (error instanceof SoapFault) return undefined
    throw error
  }
}

async function explained<T>(camera: SoapCamera, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof SoapFault)) throw cause
    const detail = cause.message
    throw new MediaError('MEDIA_ONVIF', { source: camera.http.name, detail, cause })
  }
}
