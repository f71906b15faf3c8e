import type { ServiceTable } from '../service-definition.ts'

/** Names of {@link informationServices}. */
export type InformationServiceName =
  | 'accessoryInformation'
  | 'protocolInformation'
  | 'battery'
  | 'serviceLabel'

/** What belongs to accessories of any kind. @see HomeKit Accessory Protocol R2 chapter 8 */
export const informationServices: ServiceTable<InformationServiceName> = {
  accessoryInformation: {
    type: '3E',
    characteristics: [
      'identify',
      'manufacturer',
      'model',
      'name',
      'serialNumber',
      'firmwareRevision',
    ],
    optional: [
      'hardwareRevision',
      'softwareRevision',
      'accessoryFlags',
      'appMatchingIdentifier',
      'configuredName',
      'productData',
    ],
  },
  protocolInformation: { type: 'A2', characteristics: ['version'] },
  // The specification requires all three; accessories without a gauge came later.
  battery: {
    type: '96',
    characteristics: ['statusLowBattery'],
    optional: ['batteryLevel', 'chargingState', 'name'],
  },
  serviceLabel: { type: 'CC', characteristics: ['serviceLabelNamespace'], optional: ['name'] },
}
