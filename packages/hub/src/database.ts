import {
  type CharacteristicName,
  characteristicName,
  longUuid,
  type ServiceName,
  serviceName,
} from '@hksv/hap'
import { z } from 'zod'

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
export const idSchema: z.ZodType<number> = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
])

/** A value in an answer; what is none is `null`. */
export const valueSchema: z.ZodType<Value> = z
  .union([z.boolean(), z.number(), z.string(), z.null()])
  .catch(null)

const uuid = z.union([z.hex().min(1).max(8), z.guid()]).transform(longUuid)

const characteristicSchema = z.object({
  iid: idSchema,
  type: uuid,
  format: z.string().default('data'),
  perms: z.array(z.string()).default([]),
  value: valueSchema.default(null),
})

const serviceSchema = z.object({
  iid: idSchema,
  type: uuid,
  primary: z.boolean().catch(false),
  linked: z.array(idSchema).catch([]),
  characteristics: z.array(characteristicSchema).default([]),
})

const databaseSchema = z.object({
  accessories: z.array(z.object({ aid: idSchema, services: z.array(serviceSchema) })),
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
    const parsed = databaseSchema.safeParse(json)
    if (!parsed.success) {
      const message =
        'The accessory describes itself in a form that is not the one of HAP. Update it, or tell its maker.'
      throw new HubError('HUB_PROTOCOL', { message, cause: parsed.error })
    }
    const services = parsed.data.accessories.flatMap(({ aid, services: listed }) =>
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
