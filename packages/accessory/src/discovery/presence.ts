import { setTimeout as sleep } from 'node:timers/promises'

import type { Announcement } from './advertiser.ts'
import { type Answer, answer } from './answer.ts'
import { isConflict, isLost } from './conflict.ts'
import { Link } from './link.ts'
import type { DnsMessage, DnsRecord, Sender } from './message.ts'
import type { Network } from './networks.ts'
import { goodbye, namesOf, recordsOf } from './records.ts'

const PROBES = 3
const PROBE_INTERVAL_MS = 250
const LOST_PROBE_MS = 1000
/** Between announcements: the second is required, the others help where Wi-Fi loses multicast. */
const REPEAT_AFTER_MS = [1000, 2000, 4000]
/** Asked for a unicast answer, everybody is told all the same if that is so long ago. */
const REFRESH_MS = 30_000
/** Nobody is told the same more often: everybody has heard it. @see RFC 6762 §6 */
const QUIET_MS = 1000
const MAX_RECENT = 100

/** What one {@link Presence} needs of the advertiser. */
export interface PresenceContext {
  /** What to say now, and under which instance name. */
  current(): { readonly announcement: Announcement; readonly label: string }
  /** Another host has the instance name. */
  conflict(): void
  failed(network: Network, error: Error): void
}

/** The accessory on one network: finds out whether its name is free, announces, answers, leaves. */
export class Presence {
  #network: Network
  readonly #context: PresenceContext
  readonly #link: Link
  #stop = new AbortController()
  #isAnnounced = false
  #lastMulticast = 0
  readonly #recent = new Map<string, number>()

  constructor(network: Network, context: PresenceContext) {
    this.#network = network
    this.#context = context
    this.#link = new Link(network, {
      query: (message, sender) => this.#hear(message, sender),
      response: message => this.#compare(message),
      failed: error => context.failed(network, error),
    })
  }

  /** Announces anew if the addresses have changed. */
  follow(network: Network): void {
    const isSame = network.addresses.join() === this.#network.addresses.join()
    this.#network = network
    if (!isSame) this.announce()
  }

  /** Asks whether the name is free, and announces it then. @see RFC 6762 §8.1 */
  claim(delayMs: number = Math.random() * PROBE_INTERVAL_MS): void {
    this.#isAnnounced = false
    this.#begin(async signal => {
      await sleep(delayMs, undefined, { signal, ref: false })
      for (let i = 0; i < PROBES; i++) {
        void this.#link.query(this.#probe())
        await sleep(PROBE_INTERVAL_MS, undefined, { signal, ref: false })
      }
      this.#isAnnounced = true
      await this.#announce(signal)
    })
  }

  /** Says what is new, to everybody; once the name is claimed. @see RFC 6762 §8.3, §8.4 */
  announce(): void {
    if (this.#isAnnounced) this.#begin(signal => this.#announce(signal))
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    this.#stop.abort()
    if (this.#isAnnounced) await this.#link.respond({ answers: goodbye(this.#records()) })
    await this.#link.close()
  }

  #begin(task: (signal: AbortSignal) => Promise<void>): void {
    this.#stop.abort()
    this.#stop = new AbortController()
    const { signal } = this.#stop
    task(signal).catch(error => {
      if (!signal.aborted) this.#context.failed(this.#network, error)
    })
  }

  async #announce(signal: AbortSignal): Promise<void> {
    this.#tell()
    for (const delayMs of REPEAT_AFTER_MS) {
      await sleep(delayMs, undefined, { signal, ref: false })
      this.#tell()
    }
  }

  #tell(): void {
    this.#lastMulticast = performance.now()
    void this.#link.respond({ answers: this.#records() })
  }

  #records(): DnsRecord[] {
    const { announcement, label } = this.#context.current()
    const names = namesOf(label, announcement.deviceId)
    return recordsOf(announcement, names, this.#network.addresses)
  }

  #probe(): DnsMessage {
    const authorities = this.#records().filter(({ type }) => type === 'SRV' || type === 'TXT')
    const name = authorities[0]?.name ?? ''
    const plain = authorities.map(record => ({ ...record, flush: false }))
    return { questions: [{ name, type: 'ANY' }], authorities: plain }
  }

  #hear(message: DnsMessage, sender: Sender): void {
    const records = this.#records()
    if (!this.#isAnnounced) {
      if (isLost(message.authorities ?? [], records)) this.claim(LOST_PROBE_MS)
      return
    }
    // Who is about to take our name has to hear of it, however often.
    const isProbe = (message.authorities ?? []).length > 0
    for (const reply of answer(message, sender.port, records)) {
      if (!reply.isUnicast) {
        if (isProbe || !this.#isRecent(reply)) this.#reply(reply)
        continue
      }
      void this.#link.respond(reply.message, sender)
      if (performance.now() - this.#lastMulticast >= REFRESH_MS) this.#tell()
    }
  }

  /** To everybody; a moment later, if others may answer too. */
  #reply({ message, isShared }: Answer): void {
    if (!isShared) {
      void this.#link.respond(message)
      return
    }
    const stop = this.#stop
    const delayMs = 20 + Math.random() * 100
    setTimeout(() => {
      // Records that have changed since are announced already.
      if (this.#isAnnounced && stop === this.#stop) void this.#link.respond(message)
    }, delayMs).unref()
  }

  #isRecent({ message }: Answer): boolean {
    const key = (message.answers ?? []).map(({ name, type }) => `${type} ${name}`).join()
    const now = performance.now()
    if (now - (this.#recent.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return true
    if (this.#recent.size >= MAX_RECENT) this.#recent.clear()
    this.#recent.set(key, now)
    return false
  }

  #compare(message: DnsMessage): void {
    const theirs = [...(message.answers ?? []), ...(message.additionals ?? [])]
    if (!isConflict(theirs, this.#records())) return
    // Whose name it is now has to be found out again; who has it already defends it.
    if (this.#isAnnounced) this.claim()
    else this.#context.conflict()
  }
}
