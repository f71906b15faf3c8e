import { type HdsPayload, hdsStatus } from '@hksv/hds'

import type { AccessoryClient } from '../accessory-client.ts'
import { RawStream } from '../conform/wire/raw-stream.ts'
import { setUpDataStream } from '../data-stream.ts'
import { HubError } from '../errors.ts'
import type { FaultSite } from './fault.ts'

const ANSWER_MS = 5000

/** What a message consists of. */
export type Fields = Parameters<RawStream['event']>[1]

const RECORDING: Fields = { target: 'controller', type: 'ipcamera.recording', reason: 'record' }

/**
 * Sets a data stream up and connects to it; says nothing.
 *
 * @throws HubError As `DataStreamClient.open`
 */
export async function connectStream(
  client: AccessoryClient,
  signal: AbortSignal = new AbortController().signal,
): Promise<RawStream> {
  const { crypto, address, trace } = client
  const { port, keys } = await setUpDataStream(client)
  const where = { host: address.host, port }
  return await RawStream.connect(where, keys, { crypto, signal, ...(trace && { trace }) })
}

/** @throws HubError `HUB_UNEXPECTED` unless the camera answers hello as it should. */
export async function sayHello(stream: RawStream): Promise<void> {
  const { header } = await stream.request('control', 'hello', {})
  if (header.kind === 'response' && header.status === hdsStatus.success) return
  const message = 'Expected hello to be answered with status 0; it was not.'
  throw new HubError('HUB_UNEXPECTED', { message })
}

/** Asks for a recording. @returns Header status, and the status in the message. */
export async function askToRecord(
  stream: RawStream,
  fields: Fields,
): Promise<{ status: number; reason: unknown }> {
  const answer = await stream.request('dataSend', 'open', { ...RECORDING, ...fields })
  const { header, message } = answer
  return { status: header.kind === 'response' ? header.status : -1, reason: message.get('status') }
}

/**
 * A hub in the middle of a recording: of stream 1 the first chunk of the first fragment is here.
 *
 * @throws HubError `HUB_RECORDING_REFUSED`, `HUB_TIMEOUT`, `HUB_CONNECTION_LOST`
 */
export async function recording({ client, signal }: FaultSite): Promise<RawStream> {
  const stream = await connectStream(client, signal)
  try {
    await sayHello(stream)
    const { status, reason } = await askToRecord(stream, { streamId: 1 })
    if (status === hdsStatus.success) {
      await stream.messages.take(ANSWER_MS, isMedia(1))
      return stream
    }
    const message = `The camera refused to record (status ${status}, ${reason}). Arm it first.`
    throw new HubError('HUB_RECORDING_REFUSED', { message })
  } catch (error) {
    stream.close()
    throw error
  }
}

/** A chunk of a fragment, not of the initialization. */
export function isMedia(streamId: number): (payload: HdsPayload) => boolean {
  return ({ header, message }) => {
    if (header.topic !== 'data' || message.get('streamId') !== streamId) return false
    const packets = message.get('packets')
    const [packet] = Array.isArray(packets) ? packets : []
    const metadata = packet instanceof Map ? packet.get('metadata') : undefined
    return metadata instanceof Map && metadata.get('dataType') === 'mediaFragment'
  }
}
