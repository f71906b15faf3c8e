import {
  type CharacteristicTable,
  CONTROL_POINT,
  OBSERVE,
  READ,
} from '../characteristic-definition.ts'

/** Formats of {@link buttons}. */
export interface ButtonFormats {
  programmableSwitchEvent: 'uint8'
  operatingStateResponse: 'tlv8'
  buttonEvent: 'tlv8'
  targetControlSupportedConfiguration: 'tlv8'
  targetControlList: 'tlv8'
  siriInputType: 'uint8'
}

/** Buttons and remotes. @see HomeKit Accessory Protocol R2 §9 */
export const buttons: CharacteristicTable<ButtonFormats> = {
  /** As a doorbell has it; services of several presses widen it. */
  programmableSwitchEvent: {
    type: '73',
    format: 'uint8',
    perms: OBSERVE,
    minValue: 0,
    maxValue: 0,
    validValues: [0],
    isImmediate: true,
  },
  operatingStateResponse: { type: '232', format: 'tlv8', perms: OBSERVE },
  buttonEvent: { type: '126', format: 'tlv8', perms: OBSERVE, isImmediate: true },
  targetControlSupportedConfiguration: { type: '123', format: 'tlv8', perms: READ },
  targetControlList: { type: '124', format: 'tlv8', perms: CONTROL_POINT },
  /** 0 push button. */
  siriInputType: { type: '132', format: 'uint8', minValue: 0, maxValue: 0, perms: READ },
}
