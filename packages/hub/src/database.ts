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
  readonly perms: readonly string[]
  /** As read with the database. */
  readonly value: Value
}

/** A service of an accessory. */
export interface RemoteService {
  readonly aid: number
  readonly iid: number
  readonly type: string
  readonly name: ServiceName | undefined
  readonly isPrimary: boolean
  readonly linked: readonly number[]
  readonly characteristics: readonly RemoteCharacteristic[]
}

const id = z.union([z.int().nonnegative(), z.string().regex(/^\d+$/).transform(Number)])
const uuid = z.string().min(1).max(36).transform(longUuid)
const value = z.union([z.boolean(), z.number(), z.string(), z.null()])

const characteristicSchema = z.object({
  iid: id,
  type: uuid,
  format: z.string().default('data'),
  perms: z.array(z.string()).default([]),
  value: value.catch(null).default(null),
})

const databaseSchema = z.object({
  accessories: z.array(
    z.object({
      aid: id,
      services: z.array(
        z.object({
          iid: id,
          type: uuid,
          primary: z.boolean().default(false),
          linked: z.array(id).default([]),
          characteristics: z.array(characteristicSchema).default([]),
        }),
      ),
    }),
  ),
})

/** All services of an accessory, from `GET /accessories`. Lenient where devices are known to differ. */
export class RemoteDatabase {
  readonly services: readonly RemoteService[]

  private constructor(services: readonly RemoteService[]) {
    this.services = services
  }

  /** @throws HubError `HUB_PROTOCOL` */
  static parse(json: unknown): RemoteDatabase {
    const parsed = databaseSchema.safeParse(json)
    if (!parsed.success) {
      const message = 'The accessory describes itself in a form that is not the one of HAP.'
      throw new HubError('HUB_PROTOCOL', { message, cause: parsed.error })
    }
    const services = parsed.data.accessories.flatMap(({ aid, services: listed }) =>
      listed.map(
        ({ iid, type, primary, linked, characteristics }): RemoteService => ({
          aid,
          iid,
          type,
          name: serviceName(type),
          isPrimary: primary,
          linked,
          characteristics: characteristics.map(each => ({
            aid,
            ...each,
            name: characteristicName(each.type),
          })),
        }),
      ),
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
      message: `The accessory has no ${name} service: it is no Secure Video camera.`,
    })
  }

  /** The characteristic with these ids, if there is one. */
  find(aid: number, iid: number): RemoteCharacteristic | undefined {
    return this.services
      .flatMap(({ characteristics }) => characteristics)
      .find(characteristic => characteristic.aid === aid && characteristic.iid === iid)
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
    message: `The accessory's ${service.name} service has no ${name}.`,
  })
}
