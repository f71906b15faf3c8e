import {
  type CharacteristicDefinition,
  type CharacteristicFormat,
  type CharacteristicFormats,
  type CharacteristicName,
  characteristicDefinition,
  characteristics,
  type FormatValue,
  type ServiceName,
  services,
} from '@hksv/hap'

import type { Characteristic, CharacteristicOptions } from './characteristic.ts'

/** The handlers of characteristics from the table, by their names. */
export type NamedCharacteristics = {
  readonly [N in CharacteristicName]?: CharacteristicOptions<FormatValue<CharacteristicFormats[N]>>
}

/** A characteristic of one's own: its definition and its handlers in one. */
export type CustomCharacteristic = {
  [F in CharacteristicFormat]: CharacteristicDefinition<F> & CharacteristicOptions<FormatValue<F>>
}[CharacteristicFormat]

/** A service as a program describes it. */
export interface ServiceSpec {
  /** From the table, or the UUID of one's own. */
  readonly service: ServiceName | { readonly type: string }
  readonly characteristics: NamedCharacteristics
  /** Characteristics that are not in the table, by names of one's own. */
  readonly custom?: Readonly<Record<string, CustomCharacteristic>>
  /** What only administrators of the home may write, in addition to what the table says. */
  readonly adminWrites?: readonly string[]
  /** What only administrators of the home may read, in addition to what the table says. */
  readonly adminReads?: readonly string[]
  /** The one that stands for the accessory. */
  readonly isPrimary?: boolean
  readonly isHidden?: boolean
  /** Places of the services that belong to this one. */
  readonly linked?: readonly string[]
}

type NamesOf<S extends ServiceSpec> = keyof S['characteristics'] & CharacteristicName

/** The characteristics of a running service by their names. */
export type CharacteristicsOf<S extends ServiceSpec> = {
  readonly [N in NamesOf<S>]: Characteristic<CharacteristicFormats[N]>
} & {
  readonly [N in keyof NonNullable<S['custom']>]: NonNullable<S['custom']>[N] extends {
    format: infer F extends CharacteristicFormat
  }
    ? Characteristic<F>
    : never
}

/** A service of a running accessory. */
export interface Service<S extends ServiceSpec = ServiceSpec> {
  readonly instanceId: number
  readonly characteristics: CharacteristicsOf<S>
}

/** What one characteristic of a service is made of. */
export interface CharacteristicPlan {
  readonly name: string
  readonly definition: CharacteristicDefinition
  readonly handlers: CharacteristicOptions
  readonly isAdminRead: boolean
  readonly isAdminWrite: boolean
}

/** What a service is made of. */
export interface ServicePlan {
  readonly type: string
  readonly characteristics: readonly CharacteristicPlan[]
}

/**
 * Puts the table's definitions and the program's handlers together.
 *
 * @throws TypeError when the table asks for a characteristic that is not there, or two have one name.
 */
export function planService(place: string, spec: ServiceSpec): ServicePlan {
  const { service } = spec
  const row = typeof service === 'string' ? services[service] : { ...service, characteristics: [] }
  const { adminReads = [], adminWrites = [] } = typeof service === 'string' ? services[service] : {}
  const isAdminRead = (name: string) => [...adminReads, ...(spec.adminReads ?? [])].includes(name)
  const isAdminWrite = (name: string) =>
    [...adminWrites, ...(spec.adminWrites ?? [])].includes(name)
  const missing = row.characteristics.filter(name => spec.characteristics[name] === undefined)
  if (missing.length > 0) throw new TypeError(`${place} needs ${missing.join(', ')}`)
  const named = Object.entries(spec.characteristics).map(([name, handlers]) => {
    if (!Object.hasOwn(characteristics, name)) {
      throw new TypeError(`${place}: there is no ${name} in the table`)
    }
    const known = name as CharacteristicName
    const definition =
      typeof service === 'string'
        ? characteristicDefinition(service, known)
        : characteristics[known]
    return { name, definition: narrow(definition, handlers), handlers }
  })
  const custom = Object.entries(spec.custom ?? {}).map(([name, both]) => {
    if (name in spec.characteristics) throw new TypeError(`${place} has ${name} twice`)
    return { name, definition: both, handlers: both as CharacteristicOptions }
  })
  return {
    type: row.type,
    characteristics: [...named, ...custom].map(each => ({
      ...each,
      isAdminRead: isAdminRead(each.name),
      isAdminWrite: isAdminWrite(each.name),
    })),
  }
}

/** The table's definition within the limits that the program gives it. */
function narrow(
  definition: CharacteristicDefinition,
  options: CharacteristicOptions,
): CharacteristicDefinition {
  const { minValue, maxValue, minStep, validValues, maxLength, unit } = options
  const limits = { minValue, maxValue, minStep, validValues, maxLength, unit }
  const given = Object.entries(limits).filter(([, value]) => value !== undefined)
  return given.length === 0 ? definition : { ...definition, ...Object.fromEntries(given) }
}
