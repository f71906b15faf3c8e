// A temperature sensor for Apple Home, until Ctrl-C. The room is made up.
// node examples/thermometer.mjs [STORAGE-DIRECTORY] [ADDRESS-TO-LISTEN-ON]
import process from 'node:process'

import { startAccessory } from '@hksv/accessory'

const measure = () => 20 + Math.sin(Date.now() / 60_000)
const thermometer = await startAccessory({
  name: 'Example thermometer',
  category: 'sensor',
  storage: process.argv[2] ?? 'example-thermometer',
  host: process.argv[3],
  services: {
    sensor: {
      service: 'temperatureSensor',
      characteristics: { currentTemperature: { get: measure } },
    },
  },
})
console.log(JSON.stringify(thermometer.info))
const { currentTemperature } = thermometer.services.sensor
const measuring = setInterval(() => currentTemperature.update(measure()), 1000)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)

function stop() {
  clearInterval(measuring)
  return thermometer.close()
}
