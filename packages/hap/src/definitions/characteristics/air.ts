import {
  type CharacteristicTable,
  CONTROL,
  OBSERVE,
  percentage,
  READ,
  states,
  WRITE,
} from '../characteristic-definition.ts'

/** Formats of {@link air}. */
export interface AirFormats {
  currentFanState: 'uint8'
  targetFanState: 'uint8'
  rotationDirection: 'int'
  rotationSpeed: 'float'
  swingMode: 'uint8'
  currentAirPurifierState: 'uint8'
  targetAirPurifierState: 'uint8'
  filterChangeIndication: 'uint8'
  filterLifeLevel: 'float'
  resetFilterIndication: 'uint8'
  currentSlatState: 'uint8'
  slatType: 'uint8'
  currentTiltAngle: 'int'
  targetTiltAngle: 'int'
}

const ANGLE = {
  format: 'int',
  minValue: -90,
  maxValue: 90,
  minStep: 1,
  unit: 'arcdegrees',
} as const

/** Fans, purifiers and slats. @see HomeKit Accessory Protocol R2 §9 */
export const air: CharacteristicTable<AirFormats> = {
  /** 0 inactive, 1 idle, 2 blowing air. */
  currentFanState: { type: 'AF', ...states(2), perms: OBSERVE },
  /** 0 manual, 1 auto. */
  targetFanState: { type: 'BF', ...states(1), perms: CONTROL },
  /** 0 clockwise, 1 counter-clockwise. */
  rotationDirection: {
    type: '28',
    format: 'int',
    minValue: 0,
    maxValue: 1,
    minStep: 1,
    perms: CONTROL,
  },
  rotationSpeed: { type: '29', ...percentage('float'), perms: CONTROL },
  swingMode: { type: 'B6', ...states(1), perms: CONTROL },
  /** 0 inactive, 1 idle, 2 purifying. */
  currentAirPurifierState: { type: 'A9', ...states(2), perms: OBSERVE },
  /** 0 manual, 1 auto. */
  targetAirPurifierState: { type: 'A8', ...states(1), perms: CONTROL },
  filterChangeIndication: { type: 'AC', ...states(1), perms: OBSERVE },
  /** In percent; the specification gives no unit. */
  filterLifeLevel: {
    type: 'AB',
    format: 'float',
    minValue: 0,
    maxValue: 100,
    minStep: 1,
    perms: OBSERVE,
  },
  resetFilterIndication: { type: 'AD', format: 'uint8', minValue: 1, maxValue: 1, perms: WRITE },
  /** 0 fixed, 1 jammed, 2 swinging. */
  currentSlatState: { type: 'AA', ...states(2), perms: OBSERVE },
  /** 0 horizontal, 1 vertical. */
  slatType: { type: 'C0', ...states(1), perms: READ },
  currentTiltAngle: { type: 'C1', ...ANGLE, perms: OBSERVE },
  targetTiltAngle: { type: 'C2', ...ANGLE, perms: CONTROL },
}
