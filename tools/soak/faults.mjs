import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { arm, disarm } from '@hksv/hub'

import { RawStream, setUp } from './raw-stream.mjs'

const [NORMAL, NOT_ALLOWED, BUSY, UNSUPPORTED, UNEXPECTED_FAILURE, TIMEOUT] = [0, 1, 2, 4, 5, 6]
const SUCCESS = 0
const PROTOCOL_SPECIFIC = 6
const GIVE_UP_MS = 60_000

/**
 * What goes wrong at hubs, sources and wires. Each throws when the camera does not do what it has to;
 * what it leaves open is the camera's to clean up.
 *
 * @typedef {{ camera, hub, rival, client, random }} Scene `client` is a connection of `hub`.
 */
export const quickFaults = {
  async 'slow hub'({ client, random }) {
    const stream = await recording(client)
    for (let i = 0; i < 10; i++) {
      stream.socket.pause()
      await delay(50 + random(100))
      stream.socket.resume()
      await stream.chunk()
    }
    stream.event('dataSend', 'close', { streamId: 1, reason: NORMAL })
    stream.socket.end()
  },
  async 'hub that vanishes'({ client, random }) {
    const stream = await recording(client)
    for (let i = random(5); i > 0; i--) await stream.chunk()
    if (random(2) === 0) stream.socket.resetAndDestroy()
    else stream.socket.destroy()
  },
  async 'lost session'({ client }) {
    const stream = await recording(client)
    await stream.chunk()
    client.close()
    await stream.closed()
  },
  async 'double open'({ client }) {
    const stream = await recording(client)
    expectRefusal(await stream.requestRecording(2), BUSY)
    const { message } = await stream.chunk()
    expect(message.get('streamId') === 1, 'the first recording goes on')
    stream.event('dataSend', 'close', { streamId: 1, reason: NORMAL })
    stream.socket.end()
  },
  async 'rival hub'({ client, rival }) {
    const stream = await recording(client)
    const other = await RawStream.open(await rival.client())
    expectRefusal(await other.requestRecording(1), BUSY)
    other.socket.end()
    stream.event('dataSend', 'close', { streamId: 1, reason: NORMAL })
    await stream.request('control', 'hello', {})
    stream.socket.end()
  },
  async 'close in the middle'({ client, random }) {
    const stream = await recording(client)
    for (let i = random(4); i > 0; i--) await stream.chunk()
    stream.event('dataSend', 'close', { streamId: 1, reason: [NORMAL, BUSY, TIMEOUT][random(3)] })
    // The next one begins on the same connection, from the beginning.
    expect((await stream.requestRecording(2)).status === SUCCESS, 'it opens again')
    const { message } = await stream.chunk()
    const [packet] = message.get('packets')
    expect(message.get('streamId') === 2, 'what comes belongs to the second')
    expect(packet.get('metadata').get('dataType') === 'mediaInitialization', 'it begins anew')
    stream.socket.end()
  },
  async 'garbage on the port'({ client, random }) {
    const { port } = await setUp(client)
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => socket.destroy()).resume()
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(GIVE_UP_MS) })
    // A frame of another type, one that is too long, or one that nobody has the key for.
    const first = [0x47, 0x01, 0x01][random(3)]
    const length = random(2) === 0 ? 200 : 0xff_ffff
    const bytes = Buffer.from({ length: 300 }, () => 0).map(() => random(256))
    bytes.writeUInt32BE((first << 24) | length)
    socket.write(bytes)
    await closed
  },
  async 'garbled frame'({ client, random }) {
    const stream = await recording(client)
    stream.socket.write(Buffer.from([1, 0, 0, 40]))
    stream.socket.write(Buffer.alloc(56).map(() => random(256)))
    await stream.closed()
  },
  async 'silent connection'({ client }) {
    const { port } = await setUp(client)
    const socket = connect({ host: '127.0.0.1', port })
    await once(socket, 'connect')
    socket.destroy()
  },
  async 'unused setup'({ client }) {
    for (let i = 0; i < 3; i++) await setUp(client)
  },
  async 'wrong target'({ client }) {
    const stream = await RawStream.open(client)
    expectRefusal(await stream.requestRecording(1, 'somebody'), UNSUPPORTED)
    expect((await stream.requestRecording(1)).status === SUCCESS, 'the right one is accepted')
    await stream.chunk()
    stream.socket.end()
  },
  async 'switched off'({ client }) {
    const stream = await recording(client)
    await disarm(client)
    await expectClose(stream, NOT_ALLOWED)
    expectRefusal(await stream.requestRecording(2), NOT_ALLOWED)
    await arm(client)
    stream.socket.end()
  },
  'source that ends': scene => sourceFault(scene, 'end'),
  'source that throws': scene => sourceFault(scene, 'throw'),
}

/** Those that take as long as the patience of the camera. */
export const slowFaults = {
  async 'hub that takes nothing'({ client, camera }) {
    const stream = await recording(client)
    stream.socket.pause()
    await camera.until('it still records', ({ isRecording }) => !isRecording, GIVE_UP_MS)
    stream.socket.destroy()
  },
  'source that stands still': async scene => {
    await sourceFault(scene, 'stall')
    await scene.camera.call('source', 'end')
  },
  async 'port that nobody uses'({ client }) {
    const { port } = await setUp(client)
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => socket.destroy()).resume()
    await once(socket, 'close', { signal: AbortSignal.timeout(GIVE_UP_MS) })
  },
}

/** A recording that was accepted, and its initialization taken. */
async function recording(client) {
  const stream = await RawStream.open(client)
  const { status, reason } = await stream.requestRecording(1)
  expect(status === SUCCESS, `a recording is accepted, not refused with ${status}, ${reason}`)
  await stream.chunk()
  return stream
}

async function sourceFault({ client, camera }, fault) {
  const stream = await recording(client)
  await camera.call('source', fault)
  await expectClose(stream, UNEXPECTED_FAILURE)
  stream.socket.end()
}

async function expectClose(stream, reason) {
  const { message } = await stream.next(({ header }) => header.topic === 'close')
  expect(message.get('reason') === reason, `closed with ${reason}, not ${message.get('reason')}`)
}

function expectRefusal({ status, reason }, expected) {
  const isAsExpected = status === PROTOCOL_SPECIFIC && reason === expected
  expect(isAsExpected, `refused with ${expected}, not answered with ${status}, ${reason}`)
}

function expect(isSo, what) {
  if (!isSo) throw new Error(`expected: ${what}`)
}
