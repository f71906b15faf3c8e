import type { ServiceTable } from '../service-definition.ts'

/** Names of {@link climateServices}. */
export type ClimateServiceName =
  | 'thermostat'
  | 'heaterCooler'
  | 'humidifierDehumidifier'
  | 'fan'
  | 'fanV2'
  | 'airPurifier'
  | 'filterMaintenance'
  | 'slat'

/**
 * Heating, air and humidity. `fan` is of the first edition, `fanV2` what the specification calls
 * fan today.
 *
 * @see HomeKit Accessory Protocol R2 chapter 8
 */
export const climateServices: ServiceTable<ClimateServiceName> = {
  thermostat: {
    type: '4A',
    characteristics: [
      'currentHeatingCoolingState',
      'targetHeatingCoolingState',
      'currentTemperature',
      'targetTemperature',
      'temperatureDisplayUnits',
    ],
    optional: [
      'coolingThresholdTemperature',
      'heatingThresholdTemperature',
      'currentRelativeHumidity',
      'targetRelativeHumidity',
      'name',
    ],
  },
  heaterCooler: {
    type: 'BC',
    characteristics: [
      'active',
      'currentTemperature',
      'currentHeaterCoolerState',
      'targetHeaterCoolerState',
    ],
    optional: [
      'coolingThresholdTemperature',
      'heatingThresholdTemperature',
      'temperatureDisplayUnits',
      'rotationSpeed',
      'swingMode',
      'lockPhysicalControls',
      'name',
    ],
  },
  humidifierDehumidifier: {
    type: 'BD',
    characteristics: [
      'active',
      'currentRelativeHumidity',
      'currentHumidifierDehumidifierState',
      'targetHumidifierDehumidifierState',
    ],
    optional: [
      'relativeHumidityDehumidifierThreshold',
      'relativeHumidityHumidifierThreshold',
      'waterLevel',
      'rotationSpeed',
      'swingMode',
      'lockPhysicalControls',
      'name',
    ],
  },
  fan: {
    type: '40',
    characteristics: ['on'],
    optional: ['rotationDirection', 'rotationSpeed', 'name'],
  },
  fanV2: {
    type: 'B7',
    characteristics: ['active'],
    optional: [
      'currentFanState',
      'targetFanState',
      'rotationDirection',
      'rotationSpeed',
      'swingMode',
      'lockPhysicalControls',
      'name',
    ],
  },
  airPurifier: {
    type: 'BB',
    characteristics: ['active', 'currentAirPurifierState', 'targetAirPurifierState'],
    optional: ['rotationSpeed', 'swingMode', 'lockPhysicalControls', 'name'],
  },
  filterMaintenance: {
    type: 'BA',
    characteristics: ['filterChangeIndication'],
    optional: ['filterLifeLevel', 'resetFilterIndication', 'name'],
  },
  slat: {
    type: 'B9',
    characteristics: ['currentSlatState', 'slatType'],
    optional: ['swingMode', 'currentTiltAngle', 'targetTiltAngle', 'name'],
  },
}
