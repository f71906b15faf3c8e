import { createHash } from 'node:crypto'

import {
  type CharacteristicDefinition,
  type CharacteristicName,
  type ServiceName,
  services,
} from '@hksv/hap'

import {
  type ChangeListener,
  Characteristic,
  type CharacteristicOptions,
  type Requester,
} from './characteristic.ts'
import type { InstanceIds } from './instance-ids.ts'
import type { CharacteristicValue } from './value.ts'

/** The one accessory of this server. */
export const ACCESSORY_ID = 1

/** A service and its characteristics by name. */
export interface Service<Name extends CharacteristicName = never> {
  readonly instanceId: number
  readonly characteristics: Readonly<Record<Name, Characteristic>>
}

interface Entry {
  readonly type: string
  readonly instanceId: number
  readonly isPrimary: boolean
  readonly linked: readonly number[]
  readonly characteristics: readonly Characteristic[]
}

/** TLV8 values that never change while the program runs, but may with the next configuration. */
const CONSTANT_VALUES: ReadonlySet<CharacteristicName> = new Set([
  'supportedVideoStreamConfiguration',
  'supportedAudioStreamConfiguration',
  'supportedRtpConfiguration',
  'supportedDataStreamTransportConfiguration',
  'supportedCameraRecordingConfiguration',
  'supportedVideoRecordingConfiguration',
  'supportedAudioRecordingConfiguration',
])

/** All services of an accessory, built once at the start from the definition tables. */
export class AttributeDatabase {
  readonly #ids: InstanceIds
  readonly #entries: Entry[] = []
  readonly #byInstanceId = new Map<number, Characteristic>()
  readonly #listeners = new Set<ChangeListener>()

  constructor(ids: InstanceIds) {
    this.#ids = ids
  }

  /**
   * Adds a service with the characteristics of its definition.
   *
   * @param place Names it among the accessory's services, for its instance ids; never change it.
   * @param handlers One entry for each characteristic that the service has here.
   */
  addService<Name extends CharacteristicName>(
    name: ServiceName,
    place: string,
    handlers: Readonly<Record<Name, CharacteristicOptions>>,
    options: { isPrimary?: boolean; linked?: readonly Service[] } = {},
  ): Service<Name> {
    const definition = services[name]
    const instanceId = this.#ids.of(place)
    const changed: ChangeListener = (characteristic, origin) => {
      for (const listener of this.#listeners) listener(characteristic, origin)
    }
    const names = Object.keys(handlers) as Name[]
    const missing = definition.characteristics.filter(required => !names.some(n => n === required))
    if (missing.length > 0) throw new TypeError(`${name} needs ${missing.join(', ')}`)
    const characteristics = names.map(characteristicName => {
      const characteristic = new Characteristic({
        name: characteristicName,
        instanceId: this.#ids.of(`${place}/${characteristicName}`),
        isAdminWrite: definition.adminWrites?.includes(characteristicName) ?? false,
        handlers: handlers[characteristicName],
        changed,
      })
      this.#byInstanceId.set(characteristic.instanceId, characteristic)
      return characteristic
    })
    this.#entries.push({
      type: definition.type,
      instanceId,
      isPrimary: options.isPrimary ?? false,
      linked: options.linked?.map(service => service.instanceId) ?? [],
      characteristics,
    })
    const byName = Object.fromEntries(characteristics.map(each => [each.name, each]))
    return { instanceId, characteristics: byName as Record<Name, Characteristic> }
  }

  /** @returns The characteristic with this id, if there is one. */
  find(accessoryId: number, instanceId: number): Characteristic | undefined {
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

  /** The body of `GET /accessories`. @see HomeKit Accessory Protocol R2 §6.6.4 */
  async describe(requester: Requester): Promise<object> {
    const accessory = await Promise.all(
      this.#entries.map(async entry => ({
        ...describeEntry(entry),
        characteristics: await Promise.all(
          entry.characteristics.map(async characteristic => ({
            ...describeCharacteristic(characteristic),
            ...(await currentValue(characteristic, requester)),
          })),
        ),
      })),
    )
    return { accessories: [{ aid: ACCESSORY_ID, services: accessory }] }
  }

  /** Differs when controllers have to read the database again. */
  hash(): string {
    const structure = this.#entries.map(entry => [
      describeEntry(entry),
      entry.characteristics.map(characteristic => [
        describeCharacteristic(characteristic),
        CONSTANT_VALUES.has(characteristic.name) ? characteristic.value : null,
      ]),
    ])
    return createHash('sha256').update(JSON.stringify(structure)).digest('hex')
  }
}

/** The members that `GET /characteristics?meta=1` adds. */
export function describeMeta(definition: CharacteristicDefinition): Record<string, unknown> {
  const { format, unit, minValue, maxValue, minStep, maxLength, validValues } = definition
  const meta = {
    format,
    unit,
    minValue,
    maxValue,
    minStep,
    maxLen: maxLength,
    'valid-values': validValues,
  }
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined))
}

function describeEntry(entry: Entry): Record<string, unknown> {
  const { instanceId: iid, type, isPrimary, linked } = entry
  return {
    iid,
    type,
    ...(isPrimary ? { primary: true } : {}),
    ...(linked.length > 0 ? { linked } : {}),
  }
}

function describeCharacteristic({ instanceId, definition }: Characteristic): object {
  return {
    iid: instanceId,
    type: definition.type,
    perms: definition.perms,
    ...describeMeta(definition),
  }
}

async function currentValue(
  characteristic: Characteristic,
  requester: Requester,
): Promise<{ value?: CharacteristicValue }> {
  if (!characteristic.definition.perms.includes('pr')) return {}
  try {
    return { value: await characteristic.read(requester) }
  } catch {
    // The database as a whole is still worth reading: an unreadable TLV is empty, the rest null.
    return { value: characteristic.definition.format === 'tlv8' ? '' : null }
  }
}
