// Our recorder of any number of cameras.
import { setFlagsFromString } from 'node:v8'

import { chooseProvider } from '@hksv/crypto/node'
import { ControllerStore, keepVault } from '@hksv/hub'

import { serve } from './serve.mjs'

// As `hksv hub` does.
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--heap-growing-percent=400')

const counts = {}
let wake = () => undefined
const stop = new AbortController()
let kept

serve({
  async start({ directory, clips }) {
    const store = await ControllerStore.open(directory, chooseProvider())
    const onEvent = ({ event, message }) => {
      counts[event] = (counts[event] ?? 0) + 1
      if (message !== undefined) console.error(message)
      wake()
    }
    kept = keepVault({ store, directory: clips, signal: stop.signal, onEvent })
  },
  /** Resolves when something has happened so often. */
  async happened({ event, count }) {
    while ((counts[event] ?? 0) < count) {
      await new Promise(resolve => {
        wake = resolve
      })
    }
  },
  async end() {
    stop.abort(new Error('It is measured.'))
    await kept
  },
})
