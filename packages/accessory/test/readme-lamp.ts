import { type AccessoryOptions, type RunningAccessory, startAccessory } from '@hksv/accessory'

/** A lamp behind a relay: Home switches it, and so does whoever stands beside it. */
export async function lamp(
  relay: EventTarget,
  options: Partial<AccessoryOptions> = {},
): Promise<RunningAccessory> {
  const accessory = await startAccessory({
    name: 'Desk lamp',
    category: 'lightbulb',
    storage: './desk-lamp',
    ...options,
    services: {
      lamp: {
        service: 'lightbulb',
        characteristics: {
          on: {
            set(isOn) {
              relay.dispatchEvent(new Event(isOn ? 'on' : 'off'))
            },
          },
        },
      },
    },
  })
  const { on } = accessory.services.lamp
  relay.addEventListener('switched-off', () => on.update(false))
  return accessory
}
