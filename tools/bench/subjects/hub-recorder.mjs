// Our hub as a program uses it: a connection, a recording, fragments in a loop. What comes is counted and
// thrown away.
import { setFlagsFromString } from 'node:v8'

import { chooseProvider } from '@hksv/crypto/node'
import { AccessoryClient, ControllerStore, Recording } from '@hksv/hub'

import { serve } from './serve.mjs'

// As `hksv hub` does.
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--heap-growing-percent=400')

let client
let recording
let received = { fragments: 0, bytes: 0 }
let wake = () => undefined

async function receive() {
  for await (const { dataType, data } of recording) {
    received.bytes += data.length
    if (dataType === 'mediaFragment') received.fragments++
    wake()
  }
}

serve({
  /** Connects with the pairing of a controller's directory. */
  async start({ directory }) {
    const store = await ControllerStore.open(directory, chooseProvider())
    const [accessory] = await store.accessories()
    client = await AccessoryClient.connect({ store, accessory })
  },
  /** Begins a recording. */
  async open() {
    received = { fragments: 0, bytes: 0 }
    recording = await Recording.open(client)
    receive().catch(error => console.error(error))
  },
  /** Resolves with the bytes of media so far when `count` fragments are there. */
  async read(count) {
    while (received.fragments < count) {
      if (recording.end !== undefined) throw new Error(JSON.stringify(recording.end))
      await new Promise(resolve => {
        wake = resolve
      })
    }
    return received.bytes
  },
  close: () => recording.close('normal'),
})
