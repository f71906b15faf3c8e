// The peer's camera as a program that somebody starts, without anything of ours and without a source.
// usage: hap-nodejs-program.mjs STORAGE PORT [--no-mdns]
import process from 'node:process'

import { publishCamera, silenceAdvertiser } from './peer-camera.mjs'

const [storage, port, noMdns] = process.argv.slice(2)
if (noMdns !== undefined) silenceAdvertiser()

const recordingDelegate = {
  updateRecordingActive() {},
  updateRecordingConfiguration() {},
  async *handleRecordingStreamRequest() {},
  acknowledgeStream() {},
  closeRecordingStream() {},
}

await publishCamera(recordingDelegate, { storage, setupCode: '031-45-154', port: Number(port) })
