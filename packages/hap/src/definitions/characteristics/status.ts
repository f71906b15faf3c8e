import {
  type CharacteristicTable,
  CONTROL,
  OBSERVE,
  percentage,
  READ,
  states,
} from '../characteristic-definition.ts'

/** Formats of {@link status}. */
export interface StatusFormats {
  active: 'uint8'
  inUse: 'uint8'
  isConfigured: 'uint8'
  statusActive: 'bool'
  statusFault: 'uint8'
  statusJammed: 'uint8'
  statusLowBattery: 'uint8'
  statusTampered: 'uint8'
  batteryLevel: 'uint8'
  chargingState: 'uint8'
  lockPhysicalControls: 'uint8'
  serviceLabelIndex: 'uint8'
  serviceLabelNamespace: 'uint8'
}

/** How a service of any kind is. @see HomeKit Accessory Protocol R2 §9 */
export const status: CharacteristicTable<StatusFormats> = {
  active: { type: 'B0', ...states(1), perms: CONTROL },
  inUse: { type: 'D2', ...states(1), perms: OBSERVE },
  isConfigured: { type: 'D6', ...states(1), perms: CONTROL },
  statusActive: { type: '75', format: 'bool', perms: OBSERVE },
  statusFault: { type: '77', ...states(1), perms: OBSERVE },
  statusJammed: { type: '78', ...states(1), perms: OBSERVE },
  statusLowBattery: { type: '79', ...states(1), perms: OBSERVE },
  statusTampered: { type: '7A', ...states(1), perms: OBSERVE },
  batteryLevel: { type: '68', ...percentage('uint8'), perms: OBSERVE },
  /** 0 not charging, 1 charging, 2 not chargeable. */
  chargingState: { type: '8F', ...states(2), perms: OBSERVE },
  lockPhysicalControls: { type: 'A7', ...states(1), perms: CONTROL },
  serviceLabelIndex: {
    type: 'CB',
    format: 'uint8',
    minValue: 1,
    maxValue: 255,
    minStep: 1,
    perms: READ,
  },
  /** 0 dots, 1 numerals. */
  serviceLabelNamespace: { type: 'CD', ...states(1), perms: READ },
}
