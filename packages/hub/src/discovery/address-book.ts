import { isIPv4, isIPv6 } from 'node:net'

import { type DnsRecord, nameKey } from './message.ts'

const MAX_HOSTS = 1000
const MAX_ADDRESSES = 32

interface Entry {
  readonly scope: string
  readonly type: string
  /** In milliseconds. */
  readonly expiry: number
}

/** Which addresses hosts have, from A and AAAA records on any interface. */
export class AddressBook {
  readonly #hosts = new Map<string, Map<string, Entry>>()

  receive(records: readonly DnsRecord[], scope: string, now: number): void {
    this.#flush(records, scope)
    for (const { name, type, data, ttl = 0 } of records) {
      const address = type === 'A' || type === 'AAAA' ? usable(data, scope) : undefined
      if (address === undefined) continue
      const key = nameKey(name)
      const addresses = this.#hosts.get(key) ?? new Map<string, Entry>()
      if (ttl === 0) addresses.delete(address)
      else if (addresses.size < MAX_ADDRESSES || addresses.has(address)) {
        addresses.set(address, { scope, type, expiry: now + ttl * 1000 })
      }
      if (this.#hosts.size < MAX_HOSTS || this.#hosts.has(key)) this.#hosts.set(key, addresses)
    }
  }

  tick(now: number): void {
    for (const [key, addresses] of this.#hosts) {
      for (const [address, { expiry }] of addresses) if (expiry <= now) addresses.delete(address)
      if (addresses.size === 0) this.#hosts.delete(key)
    }
  }

  /** IPv4 first, then those of IPv6 that are good beyond their link. */
  of(host: string): string[] {
    const rank = (address: string) => (isIPv4(address) ? 0 : address.startsWith('fe80') ? 2 : 1)
    const addresses = [...(this.#hosts.get(nameKey(host))?.keys() ?? [])]
    return addresses.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  }

  /** What was heard on the same interface before, and is not repeated, does not hold any more. */
  #flush(records: readonly DnsRecord[], scope: string): void {
    for (const { name, type, flush } of records) {
      const addresses = flush === true ? this.#hosts.get(nameKey(name)) : undefined
      for (const [address, entry] of addresses ?? []) {
        if (entry.scope === scope && entry.type === type) addresses?.delete(address)
      }
    }
  }
}

/** @returns The address, with its scope where it needs one; nothing if nobody can be there. */
function usable(data: unknown, scope: string): string | undefined {
  if (typeof data !== 'string') return
  if (isIPv4(data))
    return data === '0.0.0.0' || Number(data.split('.')[0]) >= 224 ? undefined : data
  if (!isIPv6(data) || data === '::' || /^ff/i.test(data)) return
  return /^fe[89ab]/i.test(data) ? `${data.toLowerCase()}%${scope}` : data.toLowerCase()
}
