// The peer's Secure Video camera, for every program that needs one.
import { createRequire } from 'node:module'

import hap from 'hap-nodejs'

const { Accessory, CameraController, HAPStorage, uuid } = hap

const streamingDelegate = {
  handleSnapshotRequest: (_request, done) => done(undefined, Buffer.from([0xff, 0xd8, 0xff, 0xd9])),
  prepareStream: (_request, done) => done(new Error('no live view here')),
  handleStreamRequest: (_request, done) => done(new Error('no live view here')),
}

/** Nothing goes to the network but what is measured. */
export function silenceAdvertiser() {
  const { CiaoAdvertiser } = createRequire(import.meta.url)('hap-nodejs/dist/lib/Advertiser.js')
  for (const name of ['initPort', 'startAdvertising', 'updateAdvertisement', 'destroy']) {
    CiaoAdvertiser.prototype[name] = async () => undefined
  }
}

/** Publishes a camera with this recording delegate. @returns Its port. */
export async function publishCamera(recordingDelegate, { storage, setupCode, port, bind }) {
  HAPStorage.setCustomStoragePath(storage)
  const accessory = new Accessory('Theirs', uuid.generate('hksv:bench'))
  accessory.configureController(createController(recordingDelegate))
  const listening = new Promise(resolve => accessory.once('listening', resolve))
  await accessory.publish({
    username: '0A:1B:2C:3D:4E:5F',
    pincode: setupCode,
    category: 17,
    port,
    ...(bind === undefined ? {} : { bind }),
  })
  return listening
}

function createController(delegate) {
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
      delegate,
    },
    sensors: { motion: true },
  })
}
