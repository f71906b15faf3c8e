// A Secure Video camera of hap-nodejs. Its delegate has every fragment ready in memory and waits one
// turn of the event loop for each, as one that reads from a pipe would.
import { setImmediate as nextTurn } from 'node:timers/promises'

import { prepareMedia, renderRecording } from '../media.mjs'
import { paceOf } from './pace.mjs'
import { publish, silenceAdvertiser } from './peer.mjs'
import { createCamera } from './peer-camera.mjs'
import { serve } from './serve.mjs'

silenceAdvertiser()

let recording
let wanted = 0
let isClosed = false
let wake = () => undefined

const recordingDelegate = {
  updateRecordingActive() {},
  updateRecordingConfiguration() {},
  async *handleRecordingStreamRequest() {
    isClosed = false
    yield { data: recording.init, isLast: false }
    const { fragments } = recording
    for (let i = 0; !isClosed; ) {
      await nextTurn()
      if (i < wanted) yield { data: fragments[i++ % fragments.length], isLast: false }
      else {
        await new Promise(resolve => {
          wake = resolve
        })
      }
    }
  },
  acknowledgeStream() {},
  closeRecordingStream() {
    isClosed = true
    wake()
  },
}

function setWanted(count) {
  wanted = count
  wake()
}

serve({
  async start({ storage, setupCode, groups }) {
    recording = renderRecording(await prepareMedia(groups))
    const accessory = createCamera(recordingDelegate)
    return publish(accessory, { storage, setupCode, category: 17, port: 0, bind: '127.0.0.1' })
  },
  paired: () => undefined,
  deliver: setWanted,
  offer(pace) {
    setWanted(0)
    return paceOf(pace, () => setWanted(wanted + 1))
  },
})
