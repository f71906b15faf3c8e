import { type CharacteristicTable, CONTROL, OBSERVE, states } from '../characteristic-definition.ts'

/** Formats of {@link water}. */
export interface WaterFormats {
  programMode: 'uint8'
  remainingDuration: 'uint32'
  setDuration: 'uint32'
  valveType: 'uint8'
}

const DURATION = {
  format: 'uint32',
  minValue: 0,
  maxValue: 3600,
  minStep: 1,
  unit: 'seconds',
} as const

/** Valves and irrigation. @see HomeKit Accessory Protocol R2 §9 */
export const water: CharacteristicTable<WaterFormats> = {
  /** 0 no programs, 1 scheduled, 2 scheduled but overridden by hand. */
  programMode: { type: 'D1', ...states(2), perms: OBSERVE },
  remainingDuration: { type: 'D4', ...DURATION, perms: OBSERVE },
  setDuration: { type: 'D3', ...DURATION, perms: CONTROL },
  /** 0 generic, 1 irrigation, 2 shower head, 3 faucet. */
  valveType: { type: 'D5', ...states(3), perms: OBSERVE },
}
