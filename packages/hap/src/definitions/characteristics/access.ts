import {
  type CharacteristicTable,
  CONTROL,
  OBSERVE,
  percentage,
  states,
  WRITE,
} from '../characteristic-definition.ts'

/** Formats of {@link access}. */
export interface AccessFormats {
  currentPosition: 'uint8'
  targetPosition: 'uint8'
  positionState: 'uint8'
  holdPosition: 'bool'
  obstructionDetected: 'bool'
  currentHorizontalTiltAngle: 'int'
  targetHorizontalTiltAngle: 'int'
  currentVerticalTiltAngle: 'int'
  targetVerticalTiltAngle: 'int'
  currentDoorState: 'uint8'
  targetDoorState: 'uint8'
  lockCurrentState: 'uint8'
  lockTargetState: 'uint8'
  lockControlPoint: 'tlv8'
  lockLastKnownAction: 'uint8'
  lockManagementAutoSecurityTimeout: 'uint32'
  logs: 'tlv8'
  audioFeedback: 'bool'
  administratorOnlyAccess: 'bool'
  securitySystemCurrentState: 'uint8'
  securitySystemTargetState: 'uint8'
  securitySystemAlarmType: 'uint8'
}

const ANGLE = {
  format: 'int',
  minValue: -90,
  maxValue: 90,
  minStep: 1,
  unit: 'arcdegrees',
} as const

/** Doors, windows, locks and alarms. @see HomeKit Accessory Protocol R2 §9 */
export const access: CharacteristicTable<AccessFormats> = {
  currentPosition: { type: '6D', ...percentage('uint8'), perms: OBSERVE },
  targetPosition: { type: '7C', ...percentage('uint8'), perms: CONTROL },
  /** 0 towards the minimum, 1 towards the maximum, 2 stopped. */
  positionState: { type: '72', ...states(2), perms: OBSERVE },
  holdPosition: { type: '6F', format: 'bool', perms: WRITE },
  obstructionDetected: { type: '24', format: 'bool', perms: OBSERVE },
  currentHorizontalTiltAngle: { type: '6C', ...ANGLE, perms: OBSERVE },
  targetHorizontalTiltAngle: { type: '7B', ...ANGLE, perms: CONTROL },
  currentVerticalTiltAngle: { type: '6E', ...ANGLE, perms: OBSERVE },
  targetVerticalTiltAngle: { type: '7D', ...ANGLE, perms: CONTROL },
  /** 0 open, 1 closed, 2 opening, 3 closing, 4 stopped. */
  currentDoorState: { type: 'E', ...states(4), perms: OBSERVE },
  /** 0 open, 1 closed. */
  targetDoorState: { type: '32', ...states(1), perms: CONTROL },
  /** 0 unsecured, 1 secured, 2 jammed, 3 unknown. */
  lockCurrentState: { type: '1D', ...states(3), perms: OBSERVE },
  /** 0 unsecured, 1 secured. */
  lockTargetState: { type: '1E', ...states(1), perms: CONTROL },
  lockControlPoint: { type: '19', format: 'tlv8', perms: WRITE },
  /** 9 and 10, secured and unsecured physically, came after the specification's 0 to 8. */
  lockLastKnownAction: { type: '1C', ...states(10), perms: OBSERVE },
  /** 0 never. */
  lockManagementAutoSecurityTimeout: {
    type: '1A',
    format: 'uint32',
    unit: 'seconds',
    perms: CONTROL,
  },
  logs: { type: '1F', format: 'tlv8', perms: OBSERVE },
  audioFeedback: { type: '5', format: 'bool', perms: CONTROL },
  administratorOnlyAccess: { type: '1', format: 'bool', perms: CONTROL },
  /** 0 stay, 1 away, 2 night, 3 disarmed, 4 triggered. */
  securitySystemCurrentState: { type: '66', ...states(4), perms: OBSERVE },
  /** 0 stay, 1 away, 2 night, 3 disarm. */
  securitySystemTargetState: { type: '67', ...states(3), perms: CONTROL },
  securitySystemAlarmType: { type: '8E', ...states(1), perms: OBSERVE },
}
