import { createSocket } from 'node:dgram'

import { Bonjour, type ServiceConfig } from 'bonjour-service'

import type { DnsMessage, Sender } from './message.ts'
import type { Network } from './networks.ts'

/** Told of what a {@link Link} hears; must not throw. */
export interface LinkListener {
  query(message: DnsMessage, sender: Sender): void
  response(message: DnsMessage): void
  /** The link is of no use any more. */
  failed(error: Error): void
}

/** The part of multicast-dns that is used. */
interface MulticastDns {
  on(event: 'query' | 'response', listener: (message: DnsMessage, from: Sender) => void): void
  on(event: 'error' | 'warning', listener: (error: NodeJS.ErrnoException) => void): void
  query(message: DnsMessage, to: null, done: Done): void
  respond(message: DnsMessage, to: Sender | null, done: Done): void
  destroy(done: () => void): void
}

type Done = (error?: Error | null) => void

/**
 * A multicast socket on one interface, in one IP version. bonjour-service's own socket speaks on the
 * first interface only, and its registry knows no updates, probes or flush bits; so what is taken of
 * it is what lies beneath, one for each interface: encoding, membership, sending and hearing.
 */
export class Link {
  readonly network: Network
  readonly #mdns: MulticastDns
  readonly #listener: LinkListener
  #isClosed = false

  constructor(network: Network, listener: LinkListener) {
    this.network = network
    this.#listener = listener
    const isIpv6 = network.family === 'IPv6'
    const options = {
      type: isIpv6 ? 'udp6' : 'udp4',
      ip: isIpv6 ? 'ff02::fb' : '224.0.0.251',
      interface: network.via,
      // Bound to the address of the interface, Linux hands it no multicast.
      bind: isIpv6 ? '::' : '0.0.0.0',
      socket: createSocket({ type: isIpv6 ? 'udp6' : 'udp4', reuseAddr: true, ipv6Only: isIpv6 }),
    }
    // Handed on to multicast-dns, whose options these are; the types know only those of services.
    const bonjour: unknown = new Bonjour(options as Partial<ServiceConfig>)
    this.#mdns = (bonjour as { readonly server: { readonly mdns: MulticastDns } }).server.mdns
    this.#mdns.on('error', error => this.#fail(error))
    this.#mdns.on('warning', error => {
      // Without a code it is a message that cannot be decoded, which is its sender's fault.
      if (error.code?.startsWith('E') === true && error.syscall !== undefined) this.#fail(error)
    })
    this.#mdns.on('query', (message, sender) => {
      // To port 0, which anybody can claim to ask from, nothing can be sent.
      const isAskable = network.isFrom(sender.address) && sender.port > 0
      if (!this.#isClosed && isAskable) listener.query(message, sender)
    })
    this.#mdns.on('response', (message, sender) => {
      if (!this.#isClosed && network.isFrom(sender.address)) listener.response(message)
    })
  }

  /** Asks everybody. Resolves when it is sent, or cannot be. */
  query(message: DnsMessage): Promise<void> {
    return this.#send(done => this.#mdns.query(message, null, done), true)
  }

  /** Tells everybody, or one. Resolves when it is sent, or cannot be. */
  respond(message: DnsMessage, to?: Sender): Promise<void> {
    return this.#send(done => this.#mdns.respond(message, to ?? null, done), to === undefined)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await new Promise<void>(resolve => this.#mdns.destroy(resolve))
  }

  #send(start: (done: Done) => void, isMulticast: boolean): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return new Promise(resolve =>
      start(error => {
        // One asker who cannot be reached says nothing of the link.
        if (error && isMulticast) this.#fail(error)
        resolve()
      }),
    )
  }

  #fail(error: Error): void {
    if (this.#isClosed) return
    this.#listener.failed(error)
  }
}
