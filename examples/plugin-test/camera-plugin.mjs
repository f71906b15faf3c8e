// A camera plug-in on hap-nodejs, as small as one can be: the recording comes from ffmpeg.
import { spawn } from 'node:child_process'

import hap from 'hap-nodejs'

const { Accessory, CameraController, Characteristic, HAPStorage, Service, uuid } = hap

/** Key frames every four seconds, one `moof` each, and sound that HomeKit takes. */
const FFMPEG = [
  ...['-hide_banner', '-loglevel', 'error'],
  ...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30'],
  ...['-f', 'lavfi', '-i', 'sine=sample_rate=32000'],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'main'],
  ...['-bf', '0', '-g', '120', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '1', '-t', '60'],
  ...['-f', 'mp4', '-movflags', 'frag_keyframe+empty_moov+default_base_moof+skip_sidx', 'pipe:1'],
]

/** Publishes the camera; its pairing is kept in `storage`. */
export async function startPlugin({ storage, setupCode }) {
  HAPStorage.setCustomStoragePath(storage)
  const accessory = new Accessory('Plug-in', uuid.generate('example:plug-in'))
  const controller = new CameraController({
    delegate: noLiveView,
    streamingOptions: {
      supportedCryptoSuites: [0],
      video: { codec: { profiles: [1], levels: [2] }, resolutions: [[1280, 720, 30]] },
    },
    recording: { options: recordingOptions, delegate: recordingDelegate },
    sensors: { motion: true },
  })
  accessory.configureController(controller)
  const listening = new Promise(resolve => accessory.once('listening', resolve))
  await accessory.publish({
    username: '0A:1B:2C:3D:4E:60',
    pincode: setupCode,
    category: 17,
    port: 0,
    bind: '127.0.0.1',
  })
  const motion = accessory.getService(Service.MotionSensor)
  return {
    port: await listening,
    setMotion: isDetected => motion.updateCharacteristic(Characteristic.MotionDetected, isDetected),
    stop: () => accessory.unpublish(),
  }
}

const recordingOptions = {
  prebufferLength: 4000,
  mediaContainerConfiguration: { type: 0, fragmentLength: 4000 },
  video: {
    type: 0,
    parameters: { profiles: [1], levels: [2] },
    resolutions: [[1280, 720, 30]],
  },
  audio: { codecs: [{ type: 0, samplerate: [3] }] },
}

const recordings = new Map()

const recordingDelegate = {
  updateRecordingActive() {},
  updateRecordingConfiguration() {},

  async *handleRecordingStreamRequest(streamId) {
    const ffmpeg = spawn('ffmpeg', FFMPEG, { stdio: ['ignore', 'pipe', 'inherit'] })
    recordings.set(streamId, ffmpeg)
    try {
      for await (const data of segments(ffmpeg.stdout)) yield { data, isLast: false }
    } finally {
      // The next hub may have begun another one under the same number.
      ffmpeg.kill()
      if (recordings.get(streamId) === ffmpeg) recordings.delete(streamId)
    }
  },

  closeRecordingStream(streamId) {
    recordings.get(streamId)?.kill()
    recordings.delete(streamId)
  },
}

const noLiveView = {
  handleSnapshotRequest: (_request, done) => done(new Error('no pictures here')),
  prepareStream: (_request, done) => done(new Error('no live view here')),
  handleStreamRequest: (_request, done) => done(new Error('no live view here')),
}

/** Cuts fragmented MP4 after `moov` and after each `mdat`. */
async function* segments(stream) {
  let bytes = Buffer.alloc(0)
  let end = 0
  for await (const chunk of stream) {
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= end + 8 && bytes.length >= end + bytes.readUInt32BE(end)) {
      const type = bytes.toString('latin1', end + 4, end + 8)
      end += bytes.readUInt32BE(end)
      if (type !== 'moov' && type !== 'mdat') continue
      yield bytes.subarray(0, end)
      bytes = bytes.subarray(end)
      end = 0
    }
  }
}
