// The peer's Secure Video camera, for every program that needs one.
import hap from 'hap-nodejs'

const { Accessory, CameraController, uuid } = hap

const streamingDelegate = {
  handleSnapshotRequest: (_request, done) => done(undefined, Buffer.from([0xff, 0xd8, 0xff, 0xd9])),
  prepareStream: (_request, done) => done(new Error('no live view here')),
  handleStreamRequest: (_request, done) => done(new Error('no live view here')),
}

/** A camera with this recording delegate, to be published. */
export function createCamera(recordingDelegate) {
  const accessory = new Accessory('Theirs', uuid.generate('hksv:bench'))
  accessory.configureController(createController(recordingDelegate))
  return accessory
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
