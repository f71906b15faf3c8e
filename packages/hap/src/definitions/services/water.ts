import type { ServiceTable } from '../service-definition.ts'

/** Names of {@link waterServices}. */
export type WaterServiceName = 'valve' | 'irrigationSystem' | 'faucet'

/** Water. @see HomeKit Accessory Protocol R2 chapter 8 */
export const waterServices: ServiceTable<WaterServiceName> = {
  valve: {
    type: 'D0',
    characteristics: ['active', 'inUse', 'valveType'],
    optional: [
      'setDuration',
      'remainingDuration',
      'isConfigured',
      'serviceLabelIndex',
      'statusFault',
      'name',
    ],
  },
  irrigationSystem: {
    type: 'CF',
    characteristics: ['active', 'programMode', 'inUse'],
    optional: ['remainingDuration', 'statusFault', 'name'],
  },
  faucet: { type: 'D7', characteristics: ['active'], optional: ['statusFault', 'name'] },
}
