import {
  type CharacteristicName,
  characteristicName,
  longUuid,
  type ServiceName,
  serviceName,
} from '@hksv/hap'
import * as v from 'valibot'

import { HubError } from './errors.ts'

/** A value as it stands in JSON: TLV8 and data as base64. */
export type Value = boolean | number | string | null

/** A characteristic of an accessory, as it describes itself. */
export interface RemoteCharacteristic {
  readonly aid: number
  readonly iid: number
  /** Long UUID, upper case. */
  readonly type: string
  /** Absent when the tables do not know the type. */
  readonly name: CharacteristicName | undefined
  readonly format: string
  /** `pr` read, `pw` write, `ev` notify, `tw` only timed writes, `wr` write response. */
  readonly perms: readonly string[]
  /** As read with the database. */
  readonly value: Value
}

/** A service of an accessory. */
export interface RemoteService {
  readonly aid: number
  readonly iid: number
  /** Long UUID, upper case. */
  readonly type: string
  /** Absent when the tables do not know the type. */
  readonly name: ServiceName | undefined
  readonly isPrimary: boolean
  /** Instance ids of services of the same accessory. */
  readonly linked: readonly number[]
  readonly characteristics: readonly RemoteCharacteristic[]
}

/** An instance id: some accessories write theirs as text. */
export const idSchema: v.GenericSchema<unknown, number> = v.union([
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number)),
])

/** A value in an answer; what is none is `null`. */
export const valueSchema: v.GenericSchema<unknown, Value> = v.fallback(
  v.union([v.boolean(), v.number(), v.string(), v.null()]),
  null,
)

const SHORT_OR_LONG =
  /^(?:[0-9a-f]{1,8}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i
const uuid = v.pipe(v.string(), v.regex(SHORT_OR_LONG), v.transform(longUuid))

const characteristicSchema = v.object({
  iid: idSchema,
  type: uuid,
  format: v.optional(v.string(), 'data'),
  perms: v.optional(v.array(v.string()), []),
  value: v.optional(valueSchema, null),
})

const serviceSchema = v.object({
  iid: idSchema,
  type: uuid,
  primary: v.optional(v.fallback(v.boolean(), false), false),
  linked: v.optional(v.fallback(v.array(idSchema), []), []),
  characteristics: v.optional(v.array(characteristicSchema), []),
})

const databaseSchema = v.object({
  accessories: v.array(v.object({ aid: idSchema, services: v.array(serviceSchema) })),
})

/**
 * All services of an accessory, from `GET /accessories`. Lenient where devices are known to differ:
 * short and long UUIDs, ids as text, members that are missing.
 *
 * @see HomeKit Accessory Protocol R2 §6.6
 */
export class RemoteDatabase {
  readonly services: readonly RemoteService[]

  private constructor(services: readonly RemoteService[]) {
    this.services = services
  }

  /** @throws HubError `HUB_PROTOCOL` */
  static parse(json: unknown): RemoteDatabase {
    const parsed = v.safeParse(databaseSchema, json)
    if (!parsed.success) {
      const message =
        'The accessory describes itself in a form that is not the one of HAP. Update it, or tell its maker.'
      throw new HubError('HUB_PROTOCOL', { message, cause: new v.ValiError(parsed.issues) })
    }
    const services = parsed.output.accessories.flatMap(({ aid, services: listed }) =>
      listed.map(({ iid, type, primary, linked, characteristics }): RemoteService => {
        const named = characteristics.map(each => ({
          aid,
          ...each,
          name: characteristicName(each.type),
        }))
        const name = serviceName(type)
        return { aid, iid, type, name, isPrimary: primary, linked, characteristics: named }
      }),
    )
    return new RemoteDatabase(services)
  }

  /** Every service of this name. */
  all(name: ServiceName): RemoteService[] {
    return this.services.filter(service => service.name === name)
  }

  /** @throws HubError `HUB_NO_CAMERA` when the accessory has none. */
  service(name: ServiceName): RemoteService {
    const [found] = this.all(name)
    if (found !== undefined) return found
    throw new HubError('HUB_NO_CAMERA', {
      message: `The accessory has no ${name} service: it is no Secure Video camera. Choose another one.`,
    })
  }

  /**
   * The service of this name that belongs to `service`: linked from it, or else the first of the same
   * accessory.
   *
   * @throws HubError `HUB_NO_CAMERA` when there is none.
   */
  serviceOf(service: RemoteService, name: ServiceName): RemoteService {
    const beside = this.all(name).filter(({ aid }) => aid === service.aid)
    const found = beside.find(({ iid }) => service.linked.includes(iid)) ?? beside[0]
    if (found !== undefined) return found
    throw new HubError('HUB_NO_CAMERA', {
      message: `The accessory has no ${name} service beside its ${service.name}. Choose another one.`,
    })
  }

  /** The characteristic with these ids, if there is one. */
  find(aid: number, iid: number): RemoteCharacteristic | undefined {
    for (const service of this.services) {
      if (service.aid !== aid) continue
      const found = service.characteristics.find(characteristic => characteristic.iid === iid)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** The characteristic of a service, if it has it. */
export function optionalCharacteristic(
  service: RemoteService,
  name: CharacteristicName,
): RemoteCharacteristic | undefined {
  return service.characteristics.find(characteristic => characteristic.name === name)
}

/** @throws HubError `HUB_NO_CAMERA` when the service has none. */
export function characteristicOf(
  service: RemoteService,
  name: CharacteristicName,
): RemoteCharacteristic {
  const found = optionalCharacteristic(service, name)
  if (found !== undefined) return found
  throw new HubError('HUB_NO_CAMERA', {
    message: `The accessory's ${service.name} service has no ${name}. Choose another accessory.`,
  })
}
