// A light bulb for Apple Home, until Ctrl-C.
// node examples/lightbulb.mjs [STORAGE-DIRECTORY] [ADDRESS-TO-LISTEN-ON]
import process from 'node:process'

import { startAccessory } from '@hksv/accessory'

const lamp = await startAccessory({
  name: 'Example lamp',
  category: 'lightbulb',
  storage: process.argv[2] ?? 'example-lamp',
  host: process.argv[3],
  services: {
    lamp: {
      service: 'lightbulb',
      characteristics: {
        on: { set: isOn => console.log(isOn ? 'on' : 'off') },
        brightness: { value: 100, set: percent => console.log(`${percent} %`) },
      },
    },
  },
})
console.log(JSON.stringify(lamp.info))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => lamp.close())
