import {
  type CharacteristicTable,
  CONTROL,
  OBSERVE,
  percentage,
  states,
} from '../characteristic-definition.ts'

/** Formats of {@link climate}. */
export interface ClimateFormats {
  currentTemperature: 'float'
  targetTemperature: 'float'
  coolingThresholdTemperature: 'float'
  heatingThresholdTemperature: 'float'
  temperatureDisplayUnits: 'uint8'
  currentHeatingCoolingState: 'uint8'
  targetHeatingCoolingState: 'uint8'
  currentHeaterCoolerState: 'uint8'
  targetHeaterCoolerState: 'uint8'
  currentRelativeHumidity: 'float'
  targetRelativeHumidity: 'float'
  relativeHumidityDehumidifierThreshold: 'float'
  relativeHumidityHumidifierThreshold: 'float'
  currentHumidifierDehumidifierState: 'uint8'
  targetHumidifierDehumidifierState: 'uint8'
  waterLevel: 'float'
}

const CELSIUS = { format: 'float', minStep: 0.1, unit: 'celsius' } as const

/** Temperature and humidity. @see HomeKit Accessory Protocol R2 §9 */
export const climate: CharacteristicTable<ClimateFormats> = {
  /** The specification's range begins at 0: too warm for a freezer and a winter. */
  currentTemperature: { type: '11', ...CELSIUS, minValue: -270, maxValue: 100, perms: OBSERVE },
  targetTemperature: { type: '35', ...CELSIUS, minValue: 10, maxValue: 38, perms: CONTROL },
  coolingThresholdTemperature: {
    type: 'D',
    ...CELSIUS,
    minValue: 10,
    maxValue: 35,
    perms: CONTROL,
  },
  heatingThresholdTemperature: {
    type: '12',
    ...CELSIUS,
    minValue: 0,
    maxValue: 25,
    perms: CONTROL,
  },
  /** 0 Celsius, 1 Fahrenheit: what the accessory shows, values are always Celsius. */
  temperatureDisplayUnits: { type: '36', ...states(1), perms: CONTROL },
  /** 0 off, 1 heat, 2 cool. */
  currentHeatingCoolingState: { type: 'F', ...states(2), perms: OBSERVE },
  /** 0 off, 1 heat, 2 cool, 3 auto. */
  targetHeatingCoolingState: { type: '33', ...states(3), perms: CONTROL },
  /** 0 inactive, 1 idle, 2 heating, 3 cooling. */
  currentHeaterCoolerState: { type: 'B1', ...states(3), perms: OBSERVE },
  /** 0 heat or cool, 1 heat, 2 cool. */
  targetHeaterCoolerState: { type: 'B2', ...states(2), perms: CONTROL },
  currentRelativeHumidity: { type: '10', ...percentage('float'), perms: OBSERVE },
  targetRelativeHumidity: { type: '34', ...percentage('float'), perms: CONTROL },
  relativeHumidityDehumidifierThreshold: { type: 'C9', ...percentage('float'), perms: CONTROL },
  relativeHumidityHumidifierThreshold: { type: 'CA', ...percentage('float'), perms: CONTROL },
  /** 0 inactive, 1 idle, 2 humidifying, 3 dehumidifying. */
  currentHumidifierDehumidifierState: { type: 'B3', ...states(3), perms: OBSERVE },
  /** 0 humidify or dehumidify, 1 humidify, 2 dehumidify. */
  targetHumidifierDehumidifierState: { type: 'B4', ...states(2), perms: CONTROL },
  waterLevel: { type: 'B5', ...percentage('float'), perms: OBSERVE },
}
