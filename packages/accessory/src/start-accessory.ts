import { accessoryCategory } from '@hksv/hap'

import { Accessory } from './accessory.ts'
import type {
  AccessoryOptions,
  PublishedServices,
  RunningAccessory,
  ServiceSpecs,
} from './accessory-options.ts'
import { openParts } from './open-parts.ts'

/**
 * Starts an accessory with services of one's own.
 *
 * @throws HapError `SETUP_CODE_FORMAT`, `SETUP_CODE_FORBIDDEN`
 * @throws AccessoryError `OPTION_INVALID`, `STORAGE_DAMAGED`, `STORAGE_IN_USE`, `STORAGE_UNUSABLE`,
 * `PORT_IN_USE`, `BIND_FAILED`
 * @throws TypeError for services that no controller would understand, RangeError for first values that
 * are none.
 * @example
 * await using lamp = await startAccessory({
 *   name: 'Desk lamp',
 *   category: 'lightbulb',
 *   storage: './desk-lamp',
 *   services: {
 *     lamp: {
 *       service: 'lightbulb',
 *       characteristics: { on: { set: isOn => console.log(isOn ? 'on' : 'off') } },
 *     },
 *   },
 * })
 * lamp.services.lamp.on.update(true)
 */
export async function startAccessory<const S extends ServiceSpecs>(
  options: AccessoryOptions<S>,
): Promise<RunningAccessory<S>> {
  const { category = 'other', services: specs, onEvent } = options
  const parts = await openParts(options, () => performance.now())
  const accessory = new Accessory({
    ...parts,
    kind: {
      category: accessoryCategory[category],
      emit: event => onEvent?.(event),
    },
  })
  try {
    const services = Object.entries(specs).map(([place, spec]) => [
      place,
      accessory.database.add(place, spec).characteristics,
    ])
    await accessory.listen()
    return {
      get info() {
        return accessory.info
      },
      // Each service gave one characteristic for each name of its spec.
      services: Object.fromEntries(services) as PublishedServices<S>,
      close: () => accessory.close(),
      [Symbol.asyncDispose]: () => accessory.close(),
    }
  } catch (error) {
    await accessory.close()
    throw error
  }
}
