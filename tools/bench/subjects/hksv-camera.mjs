// Our camera: `startCamera` as anybody starts it, with a source that delivers what it is asked for.
import { setFlagsFromString } from 'node:v8'

import { startCamera } from '@hksv/accessory'

import { prepareMedia } from '../media.mjs'
import { paceOf } from './pace.mjs'
import { FragmentSource, SampleSource } from './prepared-source.mjs'
import { serve } from './serve.mjs'

// As `hksv camera` does.
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--heap-growing-percent=400')

const silent = { debug() {}, info() {}, warn() {}, error: fault => console.error(fault) }
let paired
const isPaired = new Promise(resolve => {
  paired = resolve
})
let source

serve({
  async start({ storage, setupCode, groups, hasFragments }) {
    source = new (hasFragments ? FragmentSource : SampleSource)(await prepareMedia(groups))
    const camera = await startCamera({
      name: 'Ours',
      source,
      storage,
      setupCode,
      host: '127.0.0.1',
      port: 0,
      mdns: false,
      log: silent,
      onEvent({ event }) {
        if (event === 'paired') paired()
      },
    })
    return camera.info.port
  },
  paired: () => isPaired,
  deliver: count => source.deliver(count),
  offer: pace => paceOf(pace, () => source.deliver(1)),
})
