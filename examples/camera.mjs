// A Secure Video camera from the built-in sample, until Ctrl-C.
// node examples/camera.mjs [STORAGE-DIRECTORY]
import process from 'node:process'

import { startCamera } from '@hksv/accessory'
import { openSource } from '@hksv/media'
import { pino } from 'pino'

const storage = process.argv[2] ?? 'example-camera'
const source = await openSource('sample')
const camera = await startCamera({
  name: 'Example',
  source,
  storage,
  host: '127.0.0.1',
  mdns: false,
  log: pino({ level: 'warn' }, pino.destination(2)),
  onEvent: event => console.log(JSON.stringify(event)),
})
console.log(JSON.stringify({ event: 'listening', ...camera.info }))

process.once('SIGINT', stop)
process.once('SIGTERM', stop)

async function stop() {
  await camera.close()
  await source[Symbol.asyncDispose]()
}
