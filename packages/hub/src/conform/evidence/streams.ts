import { decodeSetupResponse, deriveHdsKeys, type HdsKeys } from '@hksv/hds'

import { HubError } from '../../errors.ts'
import type { Address } from '../../open-socket.ts'
import type { Experiment, Lab } from '../lab.ts'
import type { Answer } from '../wire/answers.ts'
import type { RawSession } from '../wire/raw-session.ts'
import { RawStream, type StreamMessage } from '../wire/raw-stream.ts'
import { camera, cameraCharacteristic } from './database.ts'
import { entryFor, put } from './requests.ts'

/** What was written to 131, and what came back. */
export interface SetUp {
  readonly answer: Answer
  /** Of the write response. */
  readonly bytes: Uint8Array
  readonly controllerKeySalt: Uint8Array
}

/** Asks for a data stream. @param change What is wrong with the request. */
export async function writeSetup(
  lab: Lab,
  session: RawSession,
  change: (request: Uint8Array) => Uint8Array = request => request,
): Promise<SetUp> {
  const characteristic = await cameraCharacteristic(lab, 'transport', 'setupDataStreamTransport')
  const controllerKeySalt = lab.crypto.random(32)
  const request = change(Uint8Array.of(1, 1, 0, 2, 1, 0, 3, 32, ...controllerKeySalt))
  const value = Buffer.from(request).toString('base64')
  const answer = await put(session, [{ characteristic, value, r: true }])
  const response = entryFor(answer, characteristic)?.value
  const bytes = Buffer.from(typeof response === 'string' ? response : '', 'base64')
  return { answer, bytes, controllerKeySalt }
}

/** Where a data stream that was set up is, and its keys. @throws HubError `HUB_REFUSED`, HdsError */
export function keysOf(
  lab: Lab,
  session: RawSession,
  { bytes, controllerKeySalt }: SetUp,
): { address: Address; keys: HdsKeys } {
  const response = decodeSetupResponse(bytes)
  if (response.status !== 'success') {
    throw new HubError('HUB_REFUSED', {
      message: `The camera has no data stream: ${response.status}.`,
    })
  }
  const { port, accessoryKeySalt } = response
  const { sharedSecret } = session
  const keys = deriveHdsKeys(lab.crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
  return { address: { host: lab.address.host, port }, keys }
}

/** A data stream before hello. @throws HubError */
export async function connectStream(lab: Lab, session: RawSession): Promise<RawStream> {
  await lab.get(camera)
  const { address, keys } = keysOf(lab, session, await writeSetup(lab, session))
  return await RawStream.connect(address, keys, lab)
}

/** A data stream after hello. @throws HubError */
export async function openStream(lab: Lab, session: RawSession): Promise<RawStream> {
  const stream = await connectStream(lab, session)
  await stream.request('control', 'hello', {})
  return stream
}

/** The setup of a data stream, as every hub does it; connected to, and not greeted. */
export const setup: Experiment<{ setUp: SetUp; stream: RawStream }> = {
  name: 'set up a data stream',
  rule: 'setup-succeeds',
  async run(lab) {
    await lab.get(camera)
    const session = await lab.connect()
    const setUp = await writeSetup(lab, session)
    const { address, keys } = keysOf(lab, session, setUp)
    return { setUp, stream: await RawStream.connect(address, keys, lab) }
  },
}

/** As hubs do it half of the time: a number that needs eight bytes. */
const HELLO_ID = 2_457_972_595

/** Hello on that data stream. */
export const greeting: Experiment<{ hello: StreamMessage; helloId: bigint }> = {
  name: 'greet a data stream',
  rule: 'hello-answered',
  async run(lab) {
    const { stream } = await lab.get(setup)
    const hello = await stream.request('control', 'hello', {}, HELLO_ID)
    stream.close()
    return { hello, helloId: BigInt(HELLO_ID) }
  },
}

/** What a hub sends to open a recording. */
export const recordingFields = {
  type: 'ipcamera.recording',
  target: 'controller',
  reason: 'record',
} as const

/** Header status and message status of an answer to an opening. */
export function openStatus({ header, message }: StreamMessage): {
  status: number
  reason: unknown
} {
  return { status: header.kind === 'response' ? header.status : -1, reason: message.get('status') }
}
