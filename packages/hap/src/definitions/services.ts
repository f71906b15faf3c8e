import type { ServiceTable } from './service-definition.ts'
import { type AccessServiceName, accessServices } from './services/access.ts'
import { type CameraServiceName, cameraServices } from './services/camera.ts'
import { type ClimateServiceName, climateServices } from './services/climate.ts'
import { type InformationServiceName, informationServices } from './services/information.ts'
import { type MediaServiceName, mediaServices } from './services/media.ts'
import { type SensorServiceName, sensorServices } from './services/sensors.ts'
import { type SwitchServiceName, switchServices } from './services/switches.ts'
import { type WaterServiceName, waterServices } from './services/water.ts'

/** Names of {@link services}: the specification's words. */
export type ServiceName =
  | InformationServiceName
  | CameraServiceName
  | SensorServiceName
  | SwitchServiceName
  | ClimateServiceName
  | AccessServiceName
  | WaterServiceName
  | MediaServiceName

/** The services that an accessory may publish over IP. @see HomeKit Accessory Protocol R2 chapter 8 */
export const services: ServiceTable<ServiceName> = {
  ...informationServices,
  ...cameraServices,
  ...sensorServices,
  ...switchServices,
  ...climateServices,
  ...accessServices,
  ...waterServices,
  ...mediaServices,
}
