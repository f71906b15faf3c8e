import type { ValueLimits } from './characteristic-definition.ts'
import type { CharacteristicName } from './characteristics.ts'

/** One row of the table of services. */
export interface ServiceDefinition {
  /** Short UUID, upper case. */
  readonly type: string
  /** What the service must have. */
  readonly characteristics: readonly CharacteristicName[]
  /** What the specification lists for it besides; it may have any other of the table too. */
  readonly optional?: readonly CharacteristicName[]
  /** What only administrators may read and be notified of. */
  readonly adminReads?: readonly CharacteristicName[]
  /** What only administrators may write: a guest must not switch the camera off. */
  readonly adminWrites?: readonly CharacteristicName[]
  /** Where the service takes other values than the row of the characteristic says. */
  readonly limits?: { readonly [N in CharacteristicName]?: ValueLimits }
}

/** Rows by name. */
export type ServiceTable<Name extends string> = { readonly [N in Name]: ServiceDefinition }
