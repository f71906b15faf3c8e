import { type CharacteristicTable, CONTROL, OBSERVE, READ } from '../characteristic-definition.ts'

/** Formats of {@link information}. */
export interface InformationFormats {
  identify: 'bool'
  manufacturer: 'string'
  model: 'string'
  name: 'string'
  serialNumber: 'string'
  firmwareRevision: 'string'
  hardwareRevision: 'string'
  softwareRevision: 'string'
  version: 'string'
  accessoryFlags: 'uint32'
  appMatchingIdentifier: 'tlv8'
  configuredName: 'string'
  productData: 'data'
}

/**
 * What an accessory is. A6, E3 and 220 observed in devices of the field.
 *
 * @see HomeKit Accessory Protocol R2 §8.1, §9
 */
export const information: CharacteristicTable<InformationFormats> = {
  identify: { type: '14', format: 'bool', perms: ['pw'] },
  manufacturer: { type: '20', format: 'string', perms: READ },
  model: { type: '21', format: 'string', perms: READ },
  name: { type: '23', format: 'string', perms: READ },
  serialNumber: { type: '30', format: 'string', perms: READ },
  firmwareRevision: { type: '52', format: 'string', perms: READ },
  hardwareRevision: { type: '53', format: 'string', perms: READ },
  softwareRevision: { type: '54', format: 'string', perms: READ },
  version: { type: '37', format: 'string', perms: READ },
  accessoryFlags: { type: 'A6', format: 'uint32', perms: OBSERVE },
  appMatchingIdentifier: { type: 'A4', format: 'tlv8', perms: READ },
  configuredName: { type: 'E3', format: 'string', perms: CONTROL },
  productData: { type: '220', format: 'data', perms: READ },
}
