// Our accessory with one light bulb: its state is in memory alone, as the peer's is.
import { startAccessory } from '@hksv/accessory'

import { serve } from './serve.mjs'

let paired
const isPaired = new Promise(resolve => {
  paired = resolve
})

serve({
  async start({ storage, setupCode }) {
    const accessory = await startAccessory({
      name: 'Ours',
      category: 'lightbulb',
      storage,
      setupCode,
      host: '127.0.0.1',
      port: 0,
      mdns: false,
      services: { light: { service: 'lightbulb', characteristics: { on: {} } } },
      onEvent({ event }) {
        if (event === 'paired') paired()
      },
    })
    return accessory.info.port
  },
  paired: () => isPaired,
})
