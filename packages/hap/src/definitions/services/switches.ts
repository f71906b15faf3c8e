import type { ServiceTable } from '../service-definition.ts'

/** Names of {@link switchServices}. */
export type SwitchServiceName =
  | 'lightbulb'
  | 'switch'
  | 'outlet'
  | 'statelessProgrammableSwitch'
  | 'targetControl'
  | 'targetControlManagement'
  | 'siri'

/** Lights, switches, buttons and remotes. @see HomeKit Accessory Protocol R2 chapter 8 */
export const switchServices: ServiceTable<SwitchServiceName> = {
  lightbulb: {
    type: '43',
    characteristics: ['on'],
    optional: [
      'brightness',
      'hue',
      'saturation',
      'colorTemperature',
      'name',
      'characteristicValueTransitionControl',
      'supportedCharacteristicValueTransitionConfiguration',
      'characteristicValueActiveTransitionCount',
    ],
  },
  switch: { type: '49', characteristics: ['on'], optional: ['name'] },
  // The specification requires `outletInUse`; outlets that cannot tell came later.
  outlet: { type: '47', characteristics: ['on'], optional: ['outletInUse', 'name'] },
  statelessProgrammableSwitch: {
    type: '89',
    characteristics: ['programmableSwitchEvent'],
    optional: ['name', 'serviceLabelIndex'],
    /** Single, double and long press. */
    limits: { programmableSwitchEvent: { maxValue: 2, validValues: [0, 1, 2] } },
  },
  targetControl: {
    type: '125',
    characteristics: ['activeIdentifier', 'active', 'buttonEvent'],
    optional: ['name'],
    adminReads: ['buttonEvent'],
  },
  targetControlManagement: {
    type: '122',
    characteristics: ['targetControlSupportedConfiguration', 'targetControlList'],
    adminReads: ['targetControlList'],
    adminWrites: ['targetControlList'],
  },
  siri: { type: '133', characteristics: ['siriInputType'] },
}
