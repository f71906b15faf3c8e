import { Bonjour, type Service, type ServiceConfig } from 'bonjour-service'

import type { Log } from '../log.ts'

/** What the accessory says of itself on the network. @see HomeKit Accessory Protocol R2 table 6-7 */
export interface Announcement {
  readonly name: string
  readonly port: number
  /** `XX:XX:XX:XX:XX:XX` */
  readonly deviceId: string
  readonly model: string
  /** 17 IP camera, 18 video doorbell. */
  readonly category: number
  /** c# */
  readonly configurationNumber: number
  /** sh */
  readonly setupHash: string
  readonly isPaired: boolean
}

/** Announces the accessory on the local network, from start to goodbye. */
export class Advertiser {
  readonly #bonjour: Bonjour
  #service: Service

  /** @param host The address to announce on; every interface unless given. */
  constructor(announcement: Announcement, host: string | undefined, log: Log) {
    const options = host === undefined || isWildcard(host) ? {} : { interface: host }
    // The library hands its options on to multicast-dns, which knows `interface`; its type does not.
    this.#bonjour = new Bonjour(options as Partial<ServiceConfig>, (error: Error) => {
      log.warn({ err: error }, `Cannot announce the camera on the network: ${error.message}`)
    })
    this.#service = this.#publish(announcement)
  }

  /** Announces what has changed: controllers look at `sf` and `c#`. */
  update(announcement: Announcement): void {
    // The library has no update; withdrawn and published again, the records are fresh everywhere.
    this.#service.stop(() => {
      this.#service = this.#publish(announcement)
    })
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    await new Promise<void>(resolve => this.#bonjour.unpublishAll(() => resolve()))
    await new Promise<void>(resolve => this.#bonjour.destroy(() => resolve()))
  }

  #publish(announcement: Announcement): Service {
    return this.#bonjour.publish({
      // The device id's tail keeps two cameras of one name apart; Home shows neither.
      name: `${announcement.name} ${announcement.deviceId.slice(-5).replace(':', '')}`,
      type: 'hap',
      port: announcement.port,
      txt: txtRecord(announcement),
      // The library's probe reports a conflict on standard output, which is not its to write to.
      probe: false,
    })
  }
}

/** The TXT record. @see HomeKit Accessory Protocol R2 table 6-7 */
export function txtRecord(announcement: Announcement): Record<string, string> {
  return {
    'c#': `${announcement.configurationNumber}`,
    ff: '0',
    id: announcement.deviceId,
    md: announcement.model,
    pv: '1.1',
    's#': '1',
    sf: announcement.isPaired ? '0' : '1',
    ci: `${announcement.category}`,
    sh: announcement.setupHash,
  }
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
