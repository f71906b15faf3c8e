// What of our camera sends recordings, from the moment a fragment is in the prebuffer: the session that
// renders it, the machine of HDS, the connection and its listener. The prebuffer itself is replaced by
// fragments that are there already.
import { performance } from 'node:perf_hooks'

import { chooseProvider } from '@hksv/crypto/node'

import { HdsListener } from '../../../packages/accessory/dist/recording/hds-listener.js'
import { RecordingManager } from '../../../packages/accessory/dist/recording/recording-manager.js'
import { initSegmentOf, prepareFragments, prepareMedia } from '../media.mjs'
import { serve } from './serve.mjs'

const log = { debug() {}, info() {}, warn: console.error, error: console.error }
const now = () => performance.now()
const requester = { controllerId: 'bench', signal: new AbortController().signal }

let media
let fragments = []
let count = 0

/** Stands where the camera has its Recorder. */
const recorder = {
  record: ({ signal }) => ({
    description: media.description,
    init: initSegmentOf(media),
    fragments: fragmentsUntil(signal),
  }),
}

async function* fragmentsUntil(signal) {
  for (let number = 0; number < count; number++) {
    if (signal.aborted) return
    yield { number, endedAt: now(), fragment: fragments[number % fragments.length] }
  }
  await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
}

const recordings = new RecordingManager({
  permit: () => ({ recorder, prebufferMs: 0, withAudio: true, motionEndedAt: () => undefined }),
  maxDurationMs: 180_000,
  now,
  log,
  opened() {},
  closed() {},
})
const listener = new HdsListener({
  crypto: chooseProvider(),
  log,
  now,
  host: '127.0.0.1',
  onEvent: (connection, event) => recordings.handle(connection, event),
})

serve({
  async start({ groups }) {
    media = await prepareMedia(groups)
    fragments = prepareFragments(media)
  },
  /** As a hub's write of SetupDataStreamTransport does. All bytes in hexadecimal. */
  async setUp({ controllerKeySalt, sharedSecret }) {
    const { port, accessoryKeySalt } = await listener.prepare(
      { controllerKeySalt: bytesOf(controllerKeySalt) },
      { ...requester, sharedSecret: bytesOf(sharedSecret) },
    )
    return { port, accessoryKeySalt: Buffer.from(accessoryKeySalt).toString('hex') }
  },
  deliver(wanted) {
    count = wanted
  },
})

function bytesOf(hex) {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}
