// The peer's camera as a program that somebody starts, without anything of ours and without a source.
// usage: hap-nodejs-program.mjs STORAGE PORT [--no-mdns]
import process from 'node:process'

import { publish, silenceAdvertiser } from './peer.mjs'
import { createCamera } from './peer-camera.mjs'

const [storage, port, noMdns] = process.argv.slice(2)
if (noMdns !== undefined) silenceAdvertiser()

const recordingDelegate = {
  updateRecordingActive() {},
  updateRecordingConfiguration() {},
  async *handleRecordingStreamRequest() {},
  acknowledgeStream() {},
  closeRecordingStream() {},
}

await publish(createCamera(recordingDelegate), {
  storage,
  setupCode: '031-45-154',
  category: 17,
  port: Number(port),
})
