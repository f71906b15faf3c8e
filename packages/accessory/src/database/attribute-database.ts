import { createHash } from 'node:crypto'

import { type ChangeListener, Characteristic } from './characteristic.ts'
import { checkCharacteristic, checkService } from './check-definition.ts'
import type { InstanceIds } from './instance-ids.ts'
import type { RequestContext } from './request-context.ts'
import { type CharacteristicsOf, planService, type Service, type ServiceSpec } from './service.ts'

/** The one accessory of this server. */
export const ACCESSORY_ID = 1

interface Entry {
  readonly place: string
  readonly instanceId: number
  readonly type: string
  readonly spec: ServiceSpec
  readonly characteristics: readonly Characteristic[]
}

/** TLV8 values that never change while the program runs, but may with the next configuration. */
const CONSTANT_VALUES: ReadonlySet<string> = new Set([
  'supportedVideoStreamConfiguration',
  'supportedAudioStreamConfiguration',
  'supportedRtpConfiguration',
  'supportedDataStreamTransportConfiguration',
  'supportedCameraRecordingConfiguration',
  'supportedVideoRecordingConfiguration',
  'supportedAudioRecordingConfiguration',
])

/** All services of an accessory, built once at the start. */
export class AttributeDatabase {
  readonly #ids: InstanceIds
  readonly #entries: Entry[] = []
  readonly #byInstanceId = new Map<number | bigint, Characteristic>()
  readonly #listeners = new Set<ChangeListener>()
  /** The members of each service but its characteristics, once all services are there. */
  #heads: string[] | undefined

  constructor(ids: InstanceIds) {
    this.#ids = ids
  }

  /**
   * Adds a service.
   *
   * @param place Names it among the accessory's services, for its instance ids; never change it.
   * @throws TypeError for a service that no controller would understand.
   */
  add<const S extends ServiceSpec>(place: string, spec: S): Service<S> {
    if (this.#entries.some(entry => entry.place === place)) {
      throw new TypeError(`there are two services ${place}`)
    }
    const { type, characteristics: plans } = planService(place, spec)
    checkService(place, type, spec)
    const instanceId = this.#ids.of(place)
    const changed: ChangeListener = (characteristic, origin) => {
      for (const listener of this.#listeners) listener(characteristic, origin)
    }
    const characteristics = plans.map(plan => {
      checkCharacteristic(`${place}/${plan.name}`, plan)
      const id = this.#ids.of(`${place}/${plan.name}`)
      const characteristic = new Characteristic({ ...plan, instanceId: id, changed })
      this.#byInstanceId.set(id, characteristic)
      return characteristic
    })
    this.#entries.push({ place, instanceId, type, spec, characteristics })
    this.#heads = undefined
    const byName = Object.fromEntries(characteristics.map(each => [each.name, each]))
    // One for each name of the spec, of the format that its definition has.
    return { instanceId, characteristics: byName as unknown as CharacteristicsOf<S> }
  }

  /** @returns The characteristic with this id, if there is one. */
  find(accessoryId: number | bigint, instanceId: number | bigint): Characteristic | undefined {
    return accessoryId === ACCESSORY_ID ? this.#byInstanceId.get(instanceId) : undefined
  }

  /** Calls `listener` on each change until the returned function is called. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Gives every characteristic its first value again. */
  reset(): void {
    for (const characteristic of this.#byInstanceId.values()) characteristic.reset()
  }

  /** The body of `GET /accessories`, as JSON. @see HomeKit Accessory Protocol R2 §6.6.4 */
  async describe(context: RequestContext): Promise<string> {
    const reads = this.#entries.flatMap(({ characteristics }) =>
      characteristics.map(each => currentValue(each, context)),
    )
    // Most accessories have every value at hand.
    const values = reads.every(isText) ? reads : await Promise.all(reads)
    let next = 0
    this.#heads ??= this.#entries.map(entry => this.#describeEntry(entry))
    const heads = this.#heads
    const services = this.#entries.map(({ characteristics }, i) => {
      const members = characteristics.map(each => `{${each.description}${values[next++]}}`)
      return `{${heads[i]},"characteristics":[${members.join(',')}]}`
    })
    return `{"accessories":[{"aid":${ACCESSORY_ID},"services":[${services.join(',')}]}]}`
  }

  /** Differs when controllers have to read the database again. */
  hash(): string {
    const hash = createHash('sha256')
    for (const entry of this.#entries) {
      hash.update(`${this.#describeEntry(entry)}\n`)
      for (const { name, description, value } of entry.characteristics) {
        hash.update(`${description}${CONSTANT_VALUES.has(name) ? value : ''}\n`)
      }
    }
    return hash.digest('hex')
  }

  #describeEntry({ instanceId, type, spec }: Entry): string {
    const linked = spec.linked?.map(place => this.#placed(place).instanceId) ?? []
    const about = {
      iid: instanceId,
      type,
      ...(spec.isPrimary ? { primary: true } : {}),
      ...(spec.isHidden ? { hidden: true } : {}),
      ...(linked.length > 0 ? { linked } : {}),
    }
    return JSON.stringify(about).slice(1, -1)
  }

  #placed(place: string): Entry {
    const entry = this.#entries.find(each => each.place === place)
    if (entry === undefined) throw new TypeError(`there is no service ${place} to link`)
    return entry
  }
}

function isText(read: string | Promise<string>): read is string {
  return typeof read === 'string'
}

/** The value member, with a comma in front; empty for what cannot be read. */
function currentValue(
  characteristic: Characteristic,
  context: RequestContext,
): string | Promise<string> {
  const { perms, format } = characteristic.definition
  if (!perms.includes('pr')) return ''
  // The database as a whole is still worth reading: an unreadable TLV is empty, the rest null.
  const unreadable = `,"value":${format === 'tlv8' ? '""' : 'null'}`
  if (characteristic.isAdminRead && !context.isAdmin) return unreadable
  try {
    const value = characteristic.read(context)
    if (!(value instanceof Promise)) return `,"value":${JSON.stringify(value)}`
    return value.then(
      read => `,"value":${JSON.stringify(read)}`,
      () => unreadable,
    )
  } catch {
    return unreadable
  }
}
