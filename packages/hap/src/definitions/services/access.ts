import type { CharacteristicName } from '../characteristics.ts'
import type { ServiceTable } from '../service-definition.ts'

/** Names of {@link accessServices}. */
export type AccessServiceName =
  | 'door'
  | 'window'
  | 'windowCovering'
  | 'garageDoorOpener'
  | 'lockMechanism'
  | 'lockManagement'
  | 'securitySystem'

const POSITION: readonly CharacteristicName[] = [
  'currentPosition',
  'targetPosition',
  'positionState',
]
const MOVEMENT: readonly CharacteristicName[] = ['holdPosition', 'obstructionDetected', 'name']

/** Doors, windows, locks and alarms. @see HomeKit Accessory Protocol R2 chapter 8 */
export const accessServices: ServiceTable<AccessServiceName> = {
  door: { type: '81', characteristics: POSITION, optional: MOVEMENT },
  window: { type: '8B', characteristics: POSITION, optional: MOVEMENT },
  windowCovering: {
    type: '8C',
    characteristics: POSITION,
    optional: [
      'currentHorizontalTiltAngle',
      'targetHorizontalTiltAngle',
      'currentVerticalTiltAngle',
      'targetVerticalTiltAngle',
      ...MOVEMENT,
    ],
  },
  garageDoorOpener: {
    type: '41',
    characteristics: ['currentDoorState', 'targetDoorState', 'obstructionDetected'],
    optional: ['lockCurrentState', 'lockTargetState', 'name'],
  },
  lockMechanism: {
    type: '45',
    characteristics: ['lockCurrentState', 'lockTargetState'],
    optional: ['name'],
  },
  lockManagement: {
    type: '44',
    characteristics: ['lockControlPoint', 'version'],
    optional: [
      'logs',
      'audioFeedback',
      'lockManagementAutoSecurityTimeout',
      'administratorOnlyAccess',
      'lockLastKnownAction',
      'currentDoorState',
      'motionDetected',
      'name',
    ],
  },
  securitySystem: {
    type: '7E',
    characteristics: ['securitySystemCurrentState', 'securitySystemTargetState'],
    optional: ['securitySystemAlarmType', 'statusFault', 'statusTampered', 'name'],
  },
}
