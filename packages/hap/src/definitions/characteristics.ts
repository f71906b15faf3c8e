import type { CharacteristicTable } from './characteristic-definition.ts'
import { type AccessFormats, access } from './characteristics/access.ts'
import { type AirFormats, air } from './characteristics/air.ts'
import { type ButtonFormats, buttons } from './characteristics/buttons.ts'
import { type CameraFormats, camera } from './characteristics/camera.ts'
import { type ClimateFormats, climate } from './characteristics/climate.ts'
import { type InformationFormats, information } from './characteristics/information.ts'
import { type LightingFormats, lighting } from './characteristics/lighting.ts'
import { type MediaFormats, media } from './characteristics/media.ts'
import { type SensorFormats, sensors } from './characteristics/sensors.ts'
import { type StatusFormats, status } from './characteristics/status.ts'
import { type WaterFormats, water } from './characteristics/water.ts'

/** The format of each characteristic by name: the specification's words. */
export interface CharacteristicFormats
  extends InformationFormats,
    StatusFormats,
    CameraFormats,
    SensorFormats,
    ButtonFormats,
    LightingFormats,
    ClimateFormats,
    AirFormats,
    AccessFormats,
    WaterFormats,
    MediaFormats {}

/** Names of {@link characteristics}. */
export type CharacteristicName = keyof CharacteristicFormats

/**
 * The characteristics that an accessory may publish over IP. An accessory may narrow the range of a
 * row, and must keep its type, format and unit.
 *
 * @see HomeKit Accessory Protocol R2 chapter 9
 */
export const characteristics: CharacteristicTable<CharacteristicFormats> = {
  ...information,
  ...status,
  ...camera,
  ...sensors,
  ...buttons,
  ...lighting,
  ...climate,
  ...air,
  ...access,
  ...water,
  ...media,
}
