// The peer's accessory with one light bulb.
import hap from 'hap-nodejs'

import { publish, silenceAdvertiser } from './peer.mjs'
import { serve } from './serve.mjs'

silenceAdvertiser()

serve({
  start({ storage, setupCode }) {
    const accessory = new hap.Accessory('Theirs', hap.uuid.generate('hksv:bench'))
    accessory.addService(hap.Service.Lightbulb, 'Light')
    return publish(accessory, { storage, setupCode, category: 5, port: 0, bind: '127.0.0.1' })
  },
  paired: () => undefined,
})
