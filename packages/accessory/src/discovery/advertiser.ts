import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

import type { Log } from '../log.ts'
import { instanceName } from './instance-name.ts'
import { type Network, networks } from './networks.ts'
import { Presence } from './presence.ts'

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

/** How often interfaces are looked for that came, went or changed: Node tells nobody. */
const FOLLOW_MS = 3000
/** A network where so many names are taken is given time. @see RFC 6762 §8.1 */
const MANY_CONFLICTS = 15
const MANY_CONFLICTS_MS = 5000

/**
 * Announces the accessory on the local networks, from start to goodbye: on every interface that
 * there is or will be, in both IP versions, under a name that nobody else has there.
 *
 * Nothing that a network does is an error here: it is logged once, and tried again.
 */
export class Advertiser {
  #announcement: Announcement
  #host: string | undefined
  readonly #log: Log
  readonly #presences = new Map<string, Presence>()
  readonly #complaints = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #attempt = 1
  #isClosed = false

  /** @param host What the accessory listens on; every interface but the loopback unless given. */
  constructor(announcement: Announcement, host: string | undefined, log: Log) {
    this.#announcement = announcement
    this.#host = host
    this.#log = log
    this.#timer = setInterval(() => void this.#follow(), FOLLOW_MS).unref()
    void this.#follow()
  }

  /** Announces what has changed, at once: controllers look at `sf` and `c#`. */
  update(announcement: Announcement): void {
    this.#announcement = announcement
    for (const presence of this.#presences.values()) presence.announce()
  }

  /** Says goodbye. Resolves when that is sent. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await Promise.all([...this.#presences.values()].map(presence => presence.close()))
    this.#presences.clear()
  }

  /** Never rejects. */
  async #follow(): Promise<void> {
    try {
      if (this.#host !== undefined && isIP(this.#host.split('%')[0] ?? '') === 0) {
        this.#host = (await lookup(this.#host)).address
      }
      if (!this.#isClosed) this.#meet(networks(this.#host))
    } catch (error) {
      this.#complain('The networks cannot be told', error)
    }
  }

  #meet(all: readonly Network[]): void {
    const keys = new Set(all.map(({ key }) => key))
    for (const [key, presence] of this.#presences) {
      if (!keys.has(key)) this.#leave(key, presence)
    }
    for (const network of all) {
      const presence = this.#presences.get(network.key)
      if (presence === undefined) this.#join(network)
      else presence.follow(network)
    }
    if (all.length === 0) this.#complain('There is no network', undefined)
    else this.#complaints.delete('There is no network')
  }

  #join(network: Network): void {
    const presence = new Presence(network, {
      current: () => ({
        announcement: this.#announcement,
        label: instanceName(this.#announcement.name, this.#attempt),
      }),
      conflict: () => this.#rename(),
      failed: ({ key, interfaceName }, error) => {
        this.#complain(`${interfaceName} cannot be used`, error)
        // The next look at the interfaces tries it again.
        if (this.#presences.get(key) === presence) this.#leave(key, presence)
      },
    })
    this.#presences.set(network.key, presence)
    presence.claim()
  }

  #leave(key: string, presence: Presence): void {
    this.#presences.delete(key)
    presence.close().catch(error => this.#complain('A network cannot be left', error))
  }

  #rename(): void {
    const { name } = this.#announcement
    this.#attempt += 1
    const label = instanceName(name, this.#attempt)
    this.#log.info(`Another accessory is called "${name}": this one is "${label}" on the network.`)
    const delayMs = this.#attempt > MANY_CONFLICTS ? MANY_CONFLICTS_MS : undefined
    for (const presence of this.#presences.values()) presence.claim(delayMs)
  }

  #complain(what: string, err: unknown): void {
    const why = err instanceof Error ? ` (${err.message})` : ''
    const message = `${what}${why}: the camera is not announced there until it can be.`
    const level = this.#complaints.has(what) ? 'debug' : 'warn'
    this.#complaints.add(what)
    this.#log[level](err === undefined ? {} : { err }, message)
  }
}
