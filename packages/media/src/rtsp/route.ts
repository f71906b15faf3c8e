import { MediaError } from '../errors.ts'
import { type RtspAddress, redirected } from './address.ts'
import { header, type RtspResponse } from './message.ts'

const MAX_REDIRECTS = 5
/** Some cameras close the connection with each 401. */
const MAX_RECONNECTIONS = 2

/** Where the camera is, which it may change some times. */
export class Route {
  #address: RtspAddress
  #redirects = 0
  #reconnections = 0

  constructor(address: RtspAddress) {
    this.#address = address
  }

  get address(): RtspAddress {
    return this.#address
  }

  /**
   * Follows an answer that is somewhere else.
   * @throws MediaError MEDIA_RTSP_REFUSED when it happens too often.
   * @throws MediaError MEDIA_RTSP_PROTOCOL when it is nowhere.
   */
  redirect(answer: RtspResponse): void {
    if (++this.#redirects > MAX_REDIRECTS) {
      const detail = 'it sends us from one address to the next'
      throw new MediaError('MEDIA_RTSP_REFUSED', { source: this.#address.url, detail })
    }
    this.#address = redirected(this.#address, header(answer, 'location') ?? '')
  }

  /** @returns Whether there is use in another connection to the same place. */
  reconnect(): boolean {
    return this.#reconnections++ < MAX_RECONNECTIONS
  }
}
