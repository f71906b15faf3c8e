import { longUuid } from '../uuid.ts'
import type { CharacteristicDefinition } from './characteristic-definition.ts'
import {
  type CharacteristicFormats,
  type CharacteristicName,
  characteristics,
} from './characteristics.ts'
import { type ServiceName, services } from './services.ts'

const serviceNames: ReadonlyMap<string, ServiceName> = namesByType(services)
const characteristicNames: ReadonlyMap<string, CharacteristicName> = namesByType(characteristics)

/** @returns The name of the service with this UUID, long or short, if the table knows it. */
export function serviceName(type: string): ServiceName | undefined {
  return serviceNames.get(longUuid(type))
}

/** @returns The name of the characteristic with this UUID, if the table knows it. */
export function characteristicName(type: string): CharacteristicName | undefined {
  return characteristicNames.get(longUuid(type))
}

/**
 * The row of a characteristic as a service has it: a programmable switch knows three presses, a
 * doorbell one.
 */
export function characteristicDefinition<N extends CharacteristicName>(
  service: ServiceName,
  name: N,
): CharacteristicDefinition<CharacteristicFormats[N]> {
  return { ...characteristics[name], ...services[service].limits?.[name] }
}

function namesByType<Name extends string>(
  table: Readonly<Record<Name, { readonly type: string }>>,
): Map<string, Name> {
  const names = Object.keys(table) as Name[]
  return new Map(names.map(name => [longUuid(table[name].type), name]))
}
