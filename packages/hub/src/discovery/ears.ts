import { createSocket } from 'node:dgram'
import { BlockList } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

import { Bonjour, type ServiceConfig } from 'bonjour-service'

import type { DnsMessage, DnsQuestion } from './message.ts'

/** Told of each message, and the interface that it came on. */
export type Heard = (message: DnsMessage, interfaceName: string) => void

/** The part of multicast-dns that is used. */
interface MulticastDns {
  on(
    event: 'response',
    listener: (message: DnsMessage, sender: { readonly address: string }) => void,
  ): void
  on(event: 'error' | 'warning', listener: () => void): void
  query(questions: readonly DnsQuestion[]): void
  destroy(): void
}

/**
 * Multicast sockets on every interface and in both IP versions, as long as the interfaces are there.
 * bonjour-service's own browser hears the first interface only and misses changes of TXT records
 * alone, so what is taken of it is the multicast-dns beneath.
 */
export class Ears {
  readonly #heard: Heard
  readonly #open = new Map<string, MulticastDns>()
  #wanted = new Set<string>()

  constructor(heard: Heard) {
    this.#heard = heard
  }

  /** Opens and closes sockets, as interfaces come and go. @returns Whether one is new. */
  follow(): boolean {
    const wanted = new Map(Object.entries(networkInterfaces()).flatMap(openers))
    for (const key of this.#open.keys()) if (!wanted.has(key)) this.#close(key)
    const fresh = [...wanted].filter(([key]) => !this.#open.has(key))
    for (const [key, { options, isFrom, interfaceName }] of fresh) {
      const bonjour: unknown = new Bonjour(options as Partial<ServiceConfig>)
      const { mdns } = (bonjour as { readonly server: { readonly mdns: MulticastDns } }).server
      this.#open.set(key, mdns)
      // An interface that takes no multicast tells nothing; the next look tries it again.
      mdns.on('error', () => this.#close(key))
      mdns.on('warning', () => undefined)
      mdns.on('response', (message, { address }) => {
        if (isFrom(address)) this.#heard(message, interfaceName)
      })
    }
    const isAnyNew = [...wanted.keys()].some(key => !this.#wanted.has(key))
    this.#wanted = new Set(wanted.keys())
    return isAnyNew
  }

  /** Asks everybody. What cannot be sent is lost, as on any network. */
  ask(questions: readonly DnsQuestion[]): void {
    for (const mdns of this.#open.values()) mdns.query([...questions])
  }

  close(): void {
    for (const key of this.#open.keys()) this.#close(key)
  }

  #close(key: string): void {
    this.#open.get(key)?.destroy()
    this.#open.delete(key)
  }
}

interface Opener {
  readonly interfaceName: string
  readonly options: object
  readonly isFrom: (address: string) => boolean
}

function openers([name, infos = []]: [string, NetworkInterfaceInfo[] | undefined]): [
  string,
  Opener,
][] {
  const subnets = new BlockList()
  // Hosts without DHCP are on every link.
  subnets.addSubnet('169.254.0.0', 16, 'ipv4')
  for (const { address, cidr, family } of infos) {
    const version = family === 'IPv6' ? 'ipv6' : 'ipv4'
    subnets.addSubnet(address, Number(cidr?.split('/')[1] ?? 32), version)
  }
  const isFrom = (sender: string) => {
    const [address = '', scope] = sender.split('%')
    if (scope !== undefined) return scope === name
    return subnets.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
  }
  const [ipv4] = infos.filter(({ family }) => family === 'IPv4')
  const [ipv6] = infos.filter(({ family, internal }) => family === 'IPv6' && !internal)
  const opener = (type: 'udp4' | 'udp6', ip: string, via: string, bind: string) => {
    const socket = createSocket({ type, reuseAddr: true, ipv6Only: type === 'udp6' })
    const options = { type, ip, interface: via, bind, socket }
    return { interfaceName: name, isFrom, options }
  }
  return [
    ...(ipv4 === undefined
      ? []
      : [entry(ipv4, opener('udp4', '224.0.0.251', ipv4.address, '0.0.0.0'))]),
    ...(ipv6 === undefined ? [] : [entry(ipv6, opener('udp6', 'ff02::fb', `::%${name}`, '::'))]),
  ]

  function entry(info: NetworkInterfaceInfo, value: Opener): [string, Opener] {
    return [`${name} ${info.family} ${info.address}`, value]
  }
}
