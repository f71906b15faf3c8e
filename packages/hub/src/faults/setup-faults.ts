import { hapStatus } from '@hksv/hap'

import type { RawStream } from '../conform/wire/raw-stream.ts'
import { setUpDataStream } from '../data-stream.ts'
import { characteristicOf } from '../database.ts'
import { isHubError } from '../errors.ts'
import { wait } from '../reconnect/wait.ts'
import { type Fault, type FaultOutcome, type FaultSite, healthy, sick } from './fault.ts'
import { connectStream, sayHello } from './stream.ts'

/** A prepared session lives for ten seconds, and so does a connection without hello. */
const PREPARED_MS = 12_000
const CLOSE_MS = 15_000
const UNUSED = 4
const SOURCE = 'HomeKit Data Stream: setup and hello, ten seconds each'

/** What goes wrong before a data stream is ready. */
export const setupFaults: readonly Fault[] = [
  {
    name: 'short-salt',
    does: 'sets a data stream up with a salt of 31 bytes',
    expects: 'refuses the value (-70410), and keeps the connection',
    source: SOURCE,
    inject: shortSalt,
  },
  {
    name: 'no-connect',
    does: `sets ${UNUSED} data streams up and connects to none`,
    expects: 'forgets them, and takes the next',
    source: SOURCE,
    inject: noConnect,
  },
  {
    name: 'no-hello',
    does: 'connects to the data stream and says nothing',
    expects: 'closes it after ten seconds',
    source: SOURCE,
    async inject({ client, signal }) {
      const stream = await connectStream(client, signal)
      return closed(stream, CLOSE_MS)
    },
  },
  {
    name: 'no-hello-first',
    does: 'asks for a recording before it has said hello',
    expects: 'closes the data stream',
    source: SOURCE,
    async inject({ client, signal }) {
      const stream = await connectStream(client, signal)
      stream.event('close', { streamId: 1, reason: 0 })
      return closed(stream, CLOSE_MS)
    },
  },
]

/** Whether the camera gives a data stream up. */
export async function closed(stream: RawStream, timeoutMs: number): Promise<FaultOutcome> {
  const isClosed = await stream.closesWithin(timeoutMs)
  stream.close()
  return isClosed
    ? healthy('it closed the data stream')
    : sick(`the data stream is open after ${timeoutMs / 1000} s`)
}

async function shortSalt({ client }: FaultSite) {
  const { database } = client
  const recording = database.service('cameraEventRecordingManagement')
  const service = database.serviceOf(recording, 'dataStreamTransportManagement')
  const setup = characteristicOf(service, 'setupDataStreamTransport')
  // Command 0, transport 0, and a salt that lacks a byte.
  const request = Buffer.from([1, 1, 0, 2, 1, 0, 3, 31, ...client.crypto.random(31)])
  try {
    await client.writeWithResponse(setup, request.toString('base64'))
    return sick('it took it')
  } catch (error) {
    if (!isHubError(error) || error.code !== 'HUB_REFUSED') throw error
    if (error.status !== hapStatus.invalidValue) return sick(`it refused with ${error.status}`)
  }
  const [reading] = await client.read([characteristicOf(recording, 'active')])
  return reading === undefined ? sick('it answers no more') : healthy('it refused with -70410')
}

async function noConnect({ client, signal }: FaultSite) {
  for (let i = 0; i < UNUSED; i++) {
    const isBusy = await setUpDataStream(client).then(() => false, busy)
    // As many as there are: then those have to go.
    if (isBusy) break
  }
  let stream: RawStream
  try {
    stream = await connectStream(client, signal)
  } catch (error) {
    busy(error)
    await wait(PREPARED_MS, signal)
    stream = await connectStream(client, signal)
  }
  await sayHello(stream)
  stream.close()
  return healthy('the next one was answered')
}

function busy(error: unknown): true {
  if (isHubError(error) && error.code === 'HUB_BUSY') return true
  throw error
}
