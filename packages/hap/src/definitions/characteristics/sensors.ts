import { type CharacteristicTable, OBSERVE, states } from '../characteristic-definition.ts'

/** Formats of {@link sensors}. */
export interface SensorFormats {
  motionDetected: 'bool'
  occupancyDetected: 'uint8'
  contactSensorState: 'uint8'
  leakDetected: 'uint8'
  smokeDetected: 'uint8'
  carbonMonoxideDetected: 'uint8'
  carbonMonoxideLevel: 'float'
  carbonMonoxidePeakLevel: 'float'
  carbonDioxideDetected: 'uint8'
  carbonDioxideLevel: 'float'
  carbonDioxidePeakLevel: 'float'
  airQuality: 'uint8'
  airParticulateDensity: 'float'
  airParticulateSize: 'uint8'
  ozoneDensity: 'float'
  nitrogenDioxideDensity: 'float'
  sulphurDioxideDensity: 'float'
  pm25Density: 'float'
  pm10Density: 'float'
  vocDensity: 'float'
  currentAmbientLightLevel: 'float'
}

/** Of carbon monoxide, in ppm. */
const MONOXIDE = { format: 'float', minValue: 0, maxValue: 100, perms: OBSERVE } as const
/** Of carbon dioxide, in ppm. */
const DIOXIDE = { format: 'float', minValue: 0, maxValue: 100_000, perms: OBSERVE } as const
/** In micrograms per cubic metre. */
const DENSITY = { format: 'float', minValue: 0, maxValue: 1000, perms: OBSERVE } as const

/** What is sensed. @see HomeKit Accessory Protocol R2 §9 */
export const sensors: CharacteristicTable<SensorFormats> = {
  motionDetected: { type: '22', format: 'bool', perms: OBSERVE, isImmediate: true },
  occupancyDetected: { type: '71', ...states(1), perms: OBSERVE },
  /** 0 is contact, 1 none. */
  contactSensorState: { type: '6A', ...states(1), perms: OBSERVE, isImmediate: true },
  leakDetected: { type: '70', ...states(1), perms: OBSERVE },
  smokeDetected: { type: '76', ...states(1), perms: OBSERVE },
  carbonMonoxideDetected: { type: '69', ...states(1), perms: OBSERVE },
  carbonMonoxideLevel: { type: '90', ...MONOXIDE },
  carbonMonoxidePeakLevel: { type: '91', ...MONOXIDE },
  carbonDioxideDetected: { type: '92', ...states(1), perms: OBSERVE },
  carbonDioxideLevel: { type: '93', ...DIOXIDE },
  carbonDioxidePeakLevel: { type: '94', ...DIOXIDE },
  /** 0 unknown, then 1 excellent to 5 poor. */
  airQuality: { type: '95', ...states(5), perms: OBSERVE },
  airParticulateDensity: { type: '64', ...DENSITY },
  /** 0 is 2.5 µm, 1 is 10 µm. */
  airParticulateSize: { type: '65', ...states(1), perms: OBSERVE },
  ozoneDensity: { type: 'C3', ...DENSITY },
  nitrogenDioxideDensity: { type: 'C4', ...DENSITY },
  sulphurDioxideDensity: { type: 'C5', ...DENSITY },
  pm25Density: { type: 'C6', ...DENSITY },
  pm10Density: { type: 'C7', ...DENSITY },
  vocDensity: { type: 'C8', ...DENSITY },
  currentAmbientLightLevel: {
    type: '6B',
    format: 'float',
    minValue: 0.0001,
    maxValue: 100_000,
    unit: 'lux',
    perms: OBSERVE,
  },
}
