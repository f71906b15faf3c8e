import { hapStatus } from '@hksv/hap'

import type { AccessoryInformation } from './accessory-options.ts'
import type { AttributeDatabase } from './database/attribute-database.ts'
import { AccessoryError, hapStatusError } from './errors.ts'
import { packageVersion } from './package-version.ts'

/** What the accessory says of itself, with nothing left open. */
export type CompleteInformation = Required<Omit<AccessoryInformation, 'hardwareRevision'>> &
  Pick<AccessoryInformation, 'hardwareRevision'> & { readonly name: string }

const REVISION = /^\d{1,9}(?:\.\d{1,9}){0,2}$/

/**
 * @throws AccessoryError `OPTION_INVALID` for what Apple's accessory kit would refuse.
 */
export function checkInformation(name: string, given: AccessoryInformation = {}): void {
  checkLength('The name', name, 1, 63)
  checkLength('The manufacturer', given.manufacturer, 1, 64)
  checkLength('The model', given.model, 1, 64)
  checkLength('The serial number', given.serialNumber, 2, 64)
  for (const revision of [given.firmwareRevision, given.hardwareRevision]) {
    if (revision === undefined || REVISION.test(revision)) continue
    throw new AccessoryError('OPTION_INVALID', {
      message: `The revision "${revision}" has to be numbers like 1.2.3.`,
    })
  }
}

/** Fills in what the program leaves open. */
export function completeInformation(
  name: string,
  deviceId: string,
  given: AccessoryInformation = {},
): CompleteInformation {
  return {
    name,
    manufacturer: 'HKSV',
    model: name,
    serialNumber: deviceId.replaceAll(':', ''),
    firmwareRevision: packageVersion,
    ...given,
  }
}

/** The services that every accessory has. @see HomeKit Accessory Protocol R2 §8.1, §8.2 */
export function addInformation(
  database: AttributeDatabase,
  information: CompleteInformation,
  identify: () => void,
): void {
  const { name, manufacturer, model, serialNumber, firmwareRevision } = information
  const { hardwareRevision } = information
  database.add('information', {
    service: 'accessoryInformation',
    characteristics: {
      identify: {
        set(isWanted) {
          if (!isWanted) throw hapStatusError(hapStatus.invalidValue)
          identify()
        },
      },
      manufacturer: { value: manufacturer },
      model: { value: model },
      name: { value: name },
      serialNumber: { value: serialNumber },
      firmwareRevision: { value: firmwareRevision },
      ...(hardwareRevision === undefined ? {} : { hardwareRevision: { value: hardwareRevision } }),
    },
  })
  database.add('protocol', {
    service: 'protocolInformation',
    characteristics: { version: { value: '1.1.0' } },
  })
}

function checkLength(what: string, text: string | undefined, min: number, max: number): void {
  if (text === undefined) return
  const length = Buffer.byteLength(text)
  if (length >= min && length <= max) return
  throw new AccessoryError('OPTION_INVALID', {
    message: `${what} has to be ${min} to ${max} bytes long.${what === 'The name' ? ' Choose another with --name.' : ''}`,
  })
}
