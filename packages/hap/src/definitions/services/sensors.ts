import type { CharacteristicName } from '../characteristics.ts'
import type { ServiceTable } from '../service-definition.ts'

/** Names of {@link sensorServices}. */
export type SensorServiceName =
  | 'motionSensor'
  | 'occupancySensor'
  | 'contactSensor'
  | 'leakSensor'
  | 'smokeSensor'
  | 'carbonMonoxideSensor'
  | 'carbonDioxideSensor'
  | 'airQualitySensor'
  | 'humiditySensor'
  | 'temperatureSensor'
  | 'lightSensor'

const WARNINGS: readonly CharacteristicName[] = [
  'name',
  'statusFault',
  'statusLowBattery',
  'statusTampered',
]
const STATUS: readonly CharacteristicName[] = ['statusActive', ...WARNINGS]

/** Sensors. @see HomeKit Accessory Protocol R2 chapter 8 */
export const sensorServices: ServiceTable<SensorServiceName> = {
  // Secure Video asks for `statusActive`, which is optional elsewhere.
  motionSensor: {
    type: '85',
    characteristics: ['motionDetected', 'statusActive'],
    optional: WARNINGS,
  },
  occupancySensor: { type: '86', characteristics: ['occupancyDetected'], optional: STATUS },
  contactSensor: { type: '80', characteristics: ['contactSensorState'], optional: STATUS },
  leakSensor: { type: '83', characteristics: ['leakDetected'], optional: STATUS },
  smokeSensor: { type: '87', characteristics: ['smokeDetected'], optional: STATUS },
  carbonMonoxideSensor: {
    type: '7F',
    characteristics: ['carbonMonoxideDetected'],
    optional: ['carbonMonoxideLevel', 'carbonMonoxidePeakLevel', ...STATUS],
  },
  carbonDioxideSensor: {
    type: '97',
    characteristics: ['carbonDioxideDetected'],
    optional: ['carbonDioxideLevel', 'carbonDioxidePeakLevel', ...STATUS],
  },
  airQualitySensor: {
    type: '8D',
    characteristics: ['airQuality'],
    optional: [
      'ozoneDensity',
      'nitrogenDioxideDensity',
      'sulphurDioxideDensity',
      'pm25Density',
      'pm10Density',
      'vocDensity',
      'airParticulateDensity',
      'airParticulateSize',
      'carbonMonoxideLevel',
      'carbonDioxideLevel',
      ...STATUS,
    ],
  },
  humiditySensor: { type: '82', characteristics: ['currentRelativeHumidity'], optional: STATUS },
  temperatureSensor: { type: '8A', characteristics: ['currentTemperature'], optional: STATUS },
  lightSensor: { type: '84', characteristics: ['currentAmbientLightLevel'], optional: STATUS },
}
