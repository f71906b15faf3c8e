// Our camera on a source that is opened by its address, as hksv camera does it.
import { setFlagsFromString } from 'node:v8'

import { startCamera } from '@hksv/accessory'
import { openSource } from '@hksv/media'

import { serve } from './serve.mjs'

setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--heap-growing-percent=400')

const silent = { debug() {}, info() {}, warn() {}, error: fault => console.error(fault) }

serve({
  async start({ storage, setupCode, source }) {
    const camera = await startCamera({
      name: 'Ours',
      source: await openSource(source),
      storage,
      setupCode,
      host: '127.0.0.1',
      port: 0,
      mdns: false,
      log: silent,
    })
    return camera.info.port
  },
  paired: () => undefined,
})
