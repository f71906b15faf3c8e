// A Secure Video camera of hap-nodejs, in a process of its own: its storage is global, and its mDNS is
// switched off. usage: hap-nodejs-camera.mjs STORAGE SETUP-CODE [PACKAGE]; tells its port over IPC, takes
// { motion }, { packets }, { silentPackets }, { picture }, { pace }, { endsWithoutLast } and { live }, what
// ffmpeg streams, from there.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createRequire } from 'node:module'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

const [storage, setupCode, name = 'hap-nodejs'] = process.argv.slice(2)
const require = createRequire(import.meta.url)
const packages = {
  'hap-nodejs': () => import('hap-nodejs'),
  '@homebridge/hap-nodejs': () => import('@homebridge/hap-nodejs'),
}
const { default: hap } = await packages[name]()
const { Accessory, CameraController, Characteristic, HAPStorage, uuid } = hap
const { CiaoAdvertiser } = require(`${name}/dist/lib/Advertiser.js`)

/** The initialization, and the four seconds before the motion. */
const PREBUFFERED = 2

HAPStorage.setCustomStoragePath(storage)
for (const method of ['initPort', 'startAdvertising', 'updateAdvertisement', 'destroy']) {
  CiaoAdvertiser.prototype[method] = async () => undefined
}

/** What the delegate sends: base64, the initialization first. */
let packets = []
/** The same without an audio track, for when sound is not to be recorded. */
let silentPackets
/** What is sent for a snapshot. */
let picture = Buffer.from([0xff, 0xd8, 0xff, 0xd9])
/** Milliseconds from a fragment to the next, those of a prebuffer excepted. */
let pace
/** Ends the generator without a last packet. */
let endsWithoutLast = false

/** A file, and options of ffmpeg's that are wrong. */
let live
/** What was prepared, and the ffmpeg that streams it, by session. */
const sessions = new Map()

// As plug-ins have it: the viewer's key is used in both directions, and ffmpeg sends.
const streaming = {
  handleSnapshotRequest: (_request, done) => done(undefined, picture),
  prepareStream({ sessionID, targetAddress, video, audio }, done) {
    if (live === undefined) {
      done(new Error('no live view here'))
      return
    }
    const ssrc = randomInt(1, 2 ** 31)
    sessions.set(sessionID, { targetAddress, video, ssrc })
    const answer = (track, own) => ({
      port: 10_000 + randomInt(40_000),
      ssrc: own,
      srtp_key: track.srtp_key,
      srtp_salt: track.srtp_salt,
    })
    done(undefined, { video: answer(video, ssrc), audio: answer(audio, randomInt(1, 2 ** 31)) })
  },
  handleStreamRequest({ sessionID, type, video }, done) {
    const session = sessions.get(sessionID)
    report('stream', { type, video })
    if (type === 'start') session.ffmpeg = startFfmpeg(session, video)
    if (type === 'stop') {
      session?.ffmpeg?.kill('SIGKILL')
      sessions.delete(sessionID)
    }
    done()
  },
}

function startFfmpeg({ targetAddress, video, ssrc }, { pt, mtu }) {
  const { file, options = [], packetSize = mtu - 28 } = live
  const key = Buffer.concat([video.srtp_key, video.srtp_salt]).toString('base64')
  const [from, to] = [10_000 + 2 * randomInt(20_000), video.port]
  const where = `srtp://${targetAddress}:${to}?rtcpport=${to}&localrtcpport=${from}&pkt_size=${packetSize}`
  const args = [
    ...['-re', '-stream_loop', '-1', '-i', file, '-c', 'copy', '-bsf:v', 'h264_mp4toannexb'],
    ...['-payload_type', pt, '-ssrc', ssrc, '-f', 'rtp', '-srtp_out_suite'],
    ...['AES_CM_128_HMAC_SHA1_80', '-srtp_out_params', key, ...options, where],
  ]
  const child = spawn('ffmpeg', ['-v', 'error', ...args.map(String)], { stdio: 'ignore' })
  child.on('error', error => report('ffmpeg-failed', { message: error.message }))
  return child
}

const recording = {
  updateRecordingActive: isActive => report('recording-active', { isActive }),
  updateRecordingConfiguration: configuration => report('configuration', { configuration }),
  async *handleRecordingStreamRequest(streamId) {
    report('opened', { streamId })
    const isSilent = silentPackets !== undefined && !isSoundWanted()
    const chosen = isSilent ? silentPackets : packets
    for (const [i, packet] of chosen.entries()) {
      // It sends a whole stream in one turn of its event loop unless the delegate waits.
      await delay(pace === undefined || i < PREBUFFERED ? 1 : pace)
      const isLast = !endsWithoutLast && i === chosen.length - 1
      yield { data: Buffer.from(packet, 'base64'), isLast }
    }
  },
  acknowledgeStream: streamId => report('acknowledged', { streamId }),
  closeRecordingStream: (streamId, reason) => report('closed', { streamId, reason }),
}

function isSoundWanted() {
  const service = accessory.getService(hap.Service.CameraRecordingManagement)
  return service.getCharacteristic(Characteristic.RecordingAudioActive).value !== 0
}

const accessory = new Accessory('Peer', uuid.generate('hksv:interop:peer'))
const controller = new CameraController({
  cameraStreamCount: 2,
  delegate: streaming,
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
        parameters: { profiles: [1, 2], levels: [0, 1, 2] },
        resolutions: [
          [1280, 720, 30],
          [1920, 1080, 30],
          [1920, 1080, 15],
        ],
      },
      audio: { codecs: [{ type: 0, samplerate: [3, 4] }] },
    },
    delegate: recording,
  },
  sensors: { motion: true },
})
accessory.configureController(controller)
const motion = accessory.getService(hap.Service.MotionSensor)

accessory.on('listening', port => report('listening', { port }))
accessory.on('paired', () => report('paired'))
await accessory.publish({
  username: '0A:1B:2C:3D:4E:5F',
  pincode: setupCode,
  category: 17,
  port: 0,
  bind: '127.0.0.1',
})

process.on('message', message => {
  if (message.packets !== undefined) packets = message.packets
  if (message.silentPackets !== undefined) silentPackets = message.silentPackets
  if (message.picture !== undefined) picture = Buffer.from(message.picture, 'base64')
  if (message.pace !== undefined) pace = message.pace
  if (message.endsWithoutLast !== undefined) endsWithoutLast = message.endsWithoutLast
  if (message.live !== undefined) live = message.live
  if (message.motion !== undefined)
    motion.updateCharacteristic(Characteristic.MotionDetected, message.motion)
  report('taken')
})
process.on('disconnect', () => {
  for (const { ffmpeg } of sessions.values()) ffmpeg?.kill('SIGKILL')
  process.exit()
})

function report(event, values = {}) {
  process.send?.({ event, ...values })
}
