// Many of our cameras in one process, each on a sample source of its own.
import { startCamera } from '@hksv/accessory'
import { openSource } from '@hksv/media'

import { serve } from './serve.mjs'

const silent = { debug() {}, info() {}, warn() {}, error: fault => console.error(fault) }
const cameras = []
let armed = 0
let wake = () => undefined

function note({ event }) {
  if (event === 'armed') armed++
  wake()
}

serve({
  /** Starts one more. @returns Its port. */
  async start({ storage, setupCode }) {
    const camera = await startCamera({
      name: `Camera ${cameras.length}`,
      source: await openSource('sample'),
      storage,
      setupCode,
      host: '127.0.0.1',
      port: 0,
      mdns: false,
      log: silent,
      onEvent: note,
    })
    cameras.push(camera)
    return camera.info.port
  },
  paired: () => undefined,
  /** Something moves in front of all of them. */
  motion(durationMs) {
    for (const camera of cameras) camera.raiseMotion(durationMs)
  },
  /** Resolves when all prebuffers run. */
  async allArmed() {
    while (armed < cameras.length) {
      await new Promise(resolve => {
        wake = resolve
      })
    }
  },
})
