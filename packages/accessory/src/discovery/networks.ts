import { BlockList } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** One interface in one IP version: what a socket is opened for. */
export interface Network {
  /** Changes with anything that makes another socket necessary. */
  readonly key: string
  readonly interfaceName: string
  readonly family: 'IPv4' | 'IPv6'
  /** What the operating system knows the interface by: an address of IPv4, or `::%eth0`. */
  readonly via: string
  /** The accessory's on this interface, of both versions. */
  readonly addresses: readonly string[]
  /** Whether a message came on this interface, by its sender. */
  isFrom(address: string): boolean
}

/** Bridges between the containers of one machine: nobody's phone is there. */
const CONTAINER_BRIDGE = /^(docker\d+|br-[0-9a-f]{12}|virbr\d+)$/

/**
 * Where an accessory is to be announced.
 *
 * @param host What it listens on. Unless that is one address: every interface but the loopback.
 */
export function networks(host: string | undefined): Network[] {
  return Object.entries(networkInterfaces()).flatMap(([name, infos = []]) => {
    const heard = infos.filter(info => isHeard(info, name, host))
    return [...ipv4Network(name, heard), ...ipv6Network(name, heard, infos)]
  })
}

function isHeard(info: NetworkInterfaceInfo, name: string, host: string | undefined): boolean {
  if (host === undefined || host === '::' || host === '0.0.0.0') {
    const isServed = host !== '0.0.0.0' || info.family === 'IPv4'
    return isServed && !info.internal && !CONTAINER_BRIDGE.test(name)
  }
  const [address, scope] = host.split('%')
  return info.address === address && (scope === undefined || scope === name)
}

function ipv4Network(interfaceName: string, heard: readonly NetworkInterfaceInfo[]): Network[] {
  const infos = heard.filter(({ family }) => family === 'IPv4')
  const via = infos[0]?.address
  if (via === undefined) return []
  const subnets = subnetsOf(infos)
  // Hosts without DHCP are on every link.
  subnets.addSubnet('169.254.0.0', 16, 'ipv4')
  return [
    {
      key: `${interfaceName} ${via}`,
      interfaceName,
      family: 'IPv4',
      via,
      addresses: heard.map(({ address }) => address),
      isFrom: address => subnets.check(address, 'ipv4'),
    },
  ]
}

function ipv6Network(
  interfaceName: string,
  heard: readonly NetworkInterfaceInfo[],
  all: readonly NetworkInterfaceInfo[],
): Network[] {
  if (!heard.some(({ family }) => family === 'IPv6')) return []
  const infos = all.filter(info => info.family === 'IPv6')
  const subnets = subnetsOf(infos)
  return [
    {
      key: `${interfaceName} ${Math.max(...infos.map(({ scopeid }) => scopeid ?? 0))} IPv6`,
      interfaceName,
      family: 'IPv6',
      via: `::%${interfaceName}`,
      addresses: heard.map(({ address }) => address),
      isFrom: address => {
        const [bare = '', scope] = address.split('%')
        return scope === undefined ? subnets.check(bare, 'ipv6') : scope === interfaceName
      },
    },
  ]
}

function subnetsOf(infos: readonly NetworkInterfaceInfo[]): BlockList {
  const subnets = new BlockList()
  for (const { address, cidr, family } of infos) {
    const length = Number(cidr?.split('/')[1] ?? (family === 'IPv6' ? 128 : 32))
    subnets.addSubnet(address, length, family === 'IPv6' ? 'ipv6' : 'ipv4')
  }
  return subnets
}
