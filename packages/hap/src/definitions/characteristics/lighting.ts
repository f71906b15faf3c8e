import {
  type CharacteristicTable,
  CONTROL,
  CONTROL_POINT,
  OBSERVE,
  percentage,
  READ,
} from '../characteristic-definition.ts'

/** Formats of {@link lighting}. */
export interface LightingFormats {
  on: 'bool'
  outletInUse: 'bool'
  brightness: 'int'
  hue: 'float'
  saturation: 'float'
  colorTemperature: 'uint32'
  characteristicValueTransitionControl: 'tlv8'
  supportedCharacteristicValueTransitionConfiguration: 'tlv8'
  characteristicValueActiveTransitionCount: 'uint8'
}

/**
 * Light and power. 143, 144 and 24B (adaptive lighting) observed in devices of the field.
 *
 * @see HomeKit Accessory Protocol R2 §9
 */
export const lighting: CharacteristicTable<LightingFormats> = {
  on: { type: '25', format: 'bool', perms: CONTROL },
  outletInUse: { type: '26', format: 'bool', perms: OBSERVE },
  brightness: { type: '8', ...percentage('int'), perms: CONTROL },
  hue: {
    type: '13',
    format: 'float',
    minValue: 0,
    maxValue: 360,
    minStep: 1,
    unit: 'arcdegrees',
    perms: CONTROL,
  },
  saturation: { type: '2F', ...percentage('float'), perms: CONTROL },
  /**
   * In mired. The specification's range is 50 to 400; controllers show 140 to 500 (7100 to 2000 K).
   */
  colorTemperature: {
    type: 'CE',
    format: 'uint32',
    minValue: 140,
    maxValue: 500,
    minStep: 1,
    perms: CONTROL,
  },
  characteristicValueTransitionControl: { type: '143', format: 'tlv8', perms: CONTROL_POINT },
  supportedCharacteristicValueTransitionConfiguration: {
    type: '144',
    format: 'tlv8',
    perms: READ,
  },
  characteristicValueActiveTransitionCount: { type: '24B', format: 'uint8', perms: OBSERVE },
}
