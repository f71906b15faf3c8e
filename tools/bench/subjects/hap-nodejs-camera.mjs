// A Secure Video camera of hap-nodejs. Its delegate has every fragment ready in memory and waits one
// turn of the event loop for each, as one that reads from a pipe would.
import { createRequire } from 'node:module'
import { setImmediate as nextTurn } from 'node:timers/promises'

import hap from 'hap-nodejs'

import { prepareMedia, renderRecording } from '../media.mjs'
import { serve } from './serve.mjs'

const { Accessory, CameraController, HAPStorage, uuid } = hap
const { CiaoAdvertiser } = createRequire(import.meta.url)('hap-nodejs/dist/lib/Advertiser.js')

// Nothing goes to the network but what is measured.
for (const name of ['initPort', 'startAdvertising', 'updateAdvertisement', 'destroy']) {
  CiaoAdvertiser.prototype[name] = async () => undefined
}

let recording
let wanted = 0
let closed = () => undefined
let accessory

const streamingDelegate = {
  handleSnapshotRequest: (_request, done) => done(undefined, Buffer.from([0xff, 0xd8, 0xff, 0xd9])),
  prepareStream: (_request, done) => done(new Error('no live view here')),
  handleStreamRequest: (_request, done) => done(new Error('no live view here')),
}

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

function createController() {
  return new CameraController({
    cameraStreamCount: 2,
    delegate: streamingDelegate,
    streamingOptions: {
      supportedCryptoSuites: [0],
      video: { codec: { profiles: [1], levels: [2] }, resolutions: [[1280, 720, 30]] },
      audio: { codecs: [{ type: 'OPUS', samplerate: 24 }] },
    },
    recording: {
      options: {
        prebufferLength: 4000,
        mediaContainerConfiguration: { type: 0, fragmentLength: 4000 },
        video: {
          type: 0,
          parameters: { profiles: [2], levels: [0] },
          resolutions: [[1280, 720, 30]],
        },
        audio: { codecs: [{ type: 0, samplerate: 3 }] },
      },
      delegate: recordingDelegate,
    },
    sensors: { motion: true },
  })
}

serve({
  async start({ storage, setupCode, groups }) {
    recording = renderRecording(await prepareMedia(groups))
    HAPStorage.setCustomStoragePath(storage)
    accessory = new Accessory('Theirs', uuid.generate('hksv:bench'))
    accessory.configureController(createController())
    const listening = new Promise(resolve => accessory.once('listening', resolve))
    await accessory.publish({
      username: '0A:1B:2C:3D:4E:5F',
      pincode: setupCode,
      category: 17,
      port: 0,
      bind: '127.0.0.1',
    })
    return listening
  },
  paired: () => undefined,
  deliver(count) {
    wanted = count
  },
})
