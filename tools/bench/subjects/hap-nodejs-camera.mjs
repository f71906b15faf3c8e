// A Secure Video camera of hap-nodejs. Its delegate has every fragment ready in memory and waits one
// turn of the event loop for each, as one that reads from a pipe would.
import { setImmediate as nextTurn } from 'node:timers/promises'

import { prepareMedia, renderRecording } from '../media.mjs'
import { publish, silenceAdvertiser } from './peer.mjs'
import { createCamera } from './peer-camera.mjs'
import { serve } from './serve.mjs'

silenceAdvertiser()

let recording
let wanted = 0
let closed = () => undefined

const recordingDelegate = {
  updateRecordingActive() {},
  updateRecordingConfiguration() {},
  async *handleRecordingStreamRequest() {
    const end = new Promise(resolve => {
      closed = resolve
    })
    yield { data: recording.init, isLast: false }
    const { fragments } = recording
    for (let i = 0; i < wanted; i++) {
      await nextTurn()
      yield { data: fragments[i % fragments.length], isLast: false }
    }
    await end
  },
  acknowledgeStream() {},
  closeRecordingStream: () => closed(),
}

serve({
  async start({ storage, setupCode, groups }) {
    recording = renderRecording(await prepareMedia(groups))
    const accessory = createCamera(recordingDelegate)
    return publish(accessory, { storage, setupCode, category: 17, port: 0, bind: '127.0.0.1' })
  },
  paired: () => undefined,
  deliver(count) {
    wanted = count
  },
})
