import { isDeepStrictEqual } from 'node:util'

import { AddressBook } from './address-book.ts'
import { type DiscoveredAccessory, readAccessory } from './discovered-accessory.ts'
import {
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  nameKey,
  SERVICE_TYPE,
} from './message.ts'

/** What happened to an accessory on the network. */
export interface Discovery {
  readonly change: 'found' | 'updated' | 'lost'
  readonly accessory: DiscoveredAccessory
}

/** More at once are no home. */
const MAX_INSTANCES = 1000

/** What is known of one instance name. */
interface Instance {
  readonly name: string
  /** Until when, in milliseconds, on which interface. */
  readonly expiry: Map<string, number>
  service?: { readonly target: string; readonly port: number }
  texts?: readonly Uint8Array[]
}

/**
 * Puts accessories together from the records that are heard, one by one, on any interface. Does no
 * I/O, and takes records as hostile as they come.
 */
export class AccessoryCache {
  readonly #instances = new Map<string, Instance>()
  readonly #addresses = new AddressBook()
  readonly #reported = new Map<string, DiscoveredAccessory>()

  /**
   * @param scope The interface that the message came on.
   * @param now In milliseconds.
   */
  receive(message: DnsMessage, scope: string, now: number): Discovery[] {
    const records = [...message.answers, ...message.additionals]
    for (const record of records) {
      if (record.type === 'PTR') this.#pointer(record, scope, now)
    }
    for (const record of records) this.#detail(record, scope, now)
    this.#addresses.receive(records, scope, now)
    return this.#changes()
  }

  /** Forgets what nobody has repeated. */
  tick(now: number): Discovery[] {
    for (const [key, instance] of this.#instances) {
      for (const [scope, end] of instance.expiry) this.#expire(key, instance, scope, end <= now)
    }
    this.#addresses.tick(now)
    return this.#changes()
  }

  /** What has to be asked for, since nobody has said it. */
  questions(): DnsQuestion[] {
    return [...this.#instances.values()].flatMap<DnsQuestion>(({ name, service, texts }) => {
      const target = service?.target
      return [
        ...(service === undefined ? [{ name, type: 'SRV' } as const] : []),
        ...(texts === undefined ? [{ name, type: 'TXT' } as const] : []),
        ...(target === undefined || this.#addresses.of(target).length > 0
          ? []
          : (['A', 'AAAA'] as const).map(type => ({ name: target, type }))),
      ]
    })
  }

  #pointer({ name, data, ttl = 0 }: DnsRecord, scope: string, now: number): void {
    if (nameKey(name) !== SERVICE_TYPE || typeof data !== 'string') return
    const key = nameKey(data)
    if (!key.endsWith(`.${SERVICE_TYPE}`)) return
    let instance = this.#instances.get(key)
    if (instance === undefined) {
      if (ttl === 0 || this.#instances.size >= MAX_INSTANCES) return
      instance = { name: data, expiry: new Map() }
      this.#instances.set(key, instance)
    }
    instance.expiry.set(scope, now + ttl * 1000)
    this.#expire(key, instance, scope, ttl === 0)
  }

  #detail({ name, type, data, ttl = 0 }: DnsRecord, scope: string, now: number): void {
    const key = nameKey(name)
    const instance = this.#instances.get(key)
    if (instance === undefined) return
    if (type === 'SRV' && isLocation(data)) {
      if (ttl === 0) this.#expire(key, instance, scope, true)
      else instance.service = { target: data.target, port: data.port }
    }
    if (type === 'TXT' && Array.isArray(data) && ttl > 0) {
      instance.texts = data.filter(text => text instanceof Uint8Array)
      // Who repeats it is there.
      const end = instance.expiry.get(scope) ?? 0
      instance.expiry.set(scope, Math.max(end, now + ttl * 1000))
    }
  }

  #expire(key: string, instance: Instance, scope: string, isGone: boolean): void {
    if (isGone) instance.expiry.delete(scope)
    if (instance.expiry.size === 0) this.#instances.delete(key)
  }

  #changes(): Discovery[] {
    const current = this.#accessories()
    const changes: Discovery[] = []
    for (const [id, accessory] of this.#reported) {
      if (current.has(id)) continue
      this.#reported.delete(id)
      changes.push({ change: 'lost', accessory })
    }
    for (const [id, accessory] of current) {
      const before = this.#reported.get(id)
      if (isDeepStrictEqual(before, accessory)) continue
      this.#reported.set(id, accessory)
      changes.push({ change: before === undefined ? 'found' : 'updated', accessory })
    }
    return changes
  }

  /** By device id: of two instances with one id, the one heard of last is the accessory. */
  #accessories(): Map<string, DiscoveredAccessory> {
    const accessories = new Map<string, DiscoveredAccessory>()
    for (const { name, service, texts } of this.#instances.values()) {
      if (service === undefined || texts === undefined) continue
      const label = name.slice(0, -SERVICE_TYPE.length - 1)
      const read = readAccessory(label, service.port, texts)
      const addresses = this.#addresses.of(service.target)
      if (read === undefined || addresses.length === 0) continue
      accessories.set(read.id, { ...read, addresses })
    }
    return accessories
  }
}

function isLocation(data: unknown): data is { readonly target: string; readonly port: number } {
  return (
    typeof data === 'object' &&
    data !== null &&
    'target' in data &&
    typeof data.target === 'string' &&
    'port' in data &&
    typeof data.port === 'number'
  )
}
