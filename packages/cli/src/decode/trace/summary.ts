import { decodePayload, isHdsError, reasonName, statusName } from '@hksv/hds'
import type { RemoteDatabase } from '@hksv/hub'

import { opackToJson } from '../opack.ts'
import type { Frame } from './read-trace.ts'

type Fields = Readonly<Record<string, unknown>>
type HttpFrame = Extract<Frame, { type: 'http' }>
type HdsFrame = Extract<Frame, { type: 'hds' }>

const STATE = 6
const ERROR = 7

/** What a frame says, in a few words. */
export function summarize(frame: Frame, database: RemoteDatabase | undefined): string {
  switch (frame.type) {
    case 'opened':
      return `connects to ${frame.host}, port ${frame.port}`
    case 'closed':
      return frame.reason === 'closed' ? 'closed' : `closed: ${frame.reason}`
    case 'broken':
      return `cannot be read: ${frame.reason}`
    case 'http':
      return summarizeHttp(frame, database)
    case 'hds':
      return summarizeHds(frame)
  }
}

function summarizeHttp(frame: HttpFrame, database: RemoteDatabase | undefined): string {
  const { message, method = '', path = '', status = 0 } = frame
  const head = { request: `${method} ${path}`, response: `${status}`, event: 'EVENT' }[message]
  // What a request reads stands in its path already.
  const named = message === 'request' ? nameIds(head, database) : head
  const words = [named, ...pairingWords(frame), ...entryWords(frame, database)]
  if (words.length === 1 && frame.length > 0) words.push(`${frame.length} bytes`)
  return words.join(' ')
}

function pairingWords({ tlv = [] }: HttpFrame): string[] {
  return tlv.flatMap(({ type, value }) => {
    if (type === STATE) return [`M${Number.parseInt(value ?? '0', 16)}`]
    return type === ERROR ? [`error ${Number.parseInt(value ?? '0', 16)}`] : []
  })
}

/** Values that are short, statuses, and who is asked to report. */
function entryWords({ json }: HttpFrame, database: RemoteDatabase | undefined): string[] {
  const entries = isFields(json) ? json['characteristics'] : undefined
  if (!Array.isArray(entries)) return []
  return entries.filter(isFields).map(entry => {
    const { aid, iid, value, status, ev } = entry
    const name = nameOf(Number(aid), Number(iid), database)
    if (value !== undefined) return `${name}=${short(value)}`
    if (typeof status === 'number' && status !== 0) return `${name}: ${status}`
    return ev === undefined ? name : `${name} ${ev === false ? 'unsubscribe' : 'subscribe'}`
  })
}

function nameIds(path: string, database: RemoteDatabase | undefined): string {
  return path.replace(/(\d+)\.(\d+)/g, (_, aid, iid) => nameOf(Number(aid), Number(iid), database))
}

function nameOf(aid: number, iid: number, database: RemoteDatabase | undefined): string {
  return database?.find(aid, iid)?.name ?? `${aid}.${iid}`
}

function short(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 12 ? '…' : text
}

function summarizeHds(frame: HdsFrame): string {
  const decoded = decodeHds(frame)
  if (decoded === undefined) return `${frame.length} bytes that cannot be read`
  const { header, message } = decoded
  const { kind, protocol, topic, status } = header
  const words = [`${protocol}/${topic}`]
  if (kind === 'request') words.push('request')
  if (kind === 'response') words.push(`response: ${statusName(Number(status))}`)
  if (typeof message['streamId'] === 'number') words.push(`stream ${message['streamId']}`)
  if (typeof message['reason'] === 'number') words.push(reasonName(message['reason']))
  if (kind === 'response' && message['status'] !== undefined && status !== 0) {
    words.push(reasonName(Number(message['status'])))
  }
  return [...words, ...packetWords(message)].join(' ')
}

function packetWords(message: Fields): string[] {
  const { packets, endOfStream } = message
  if (!Array.isArray(packets)) return endOfStream === true ? ['end of stream'] : []
  const words = packets.filter(isFields).map(packet => {
    const metadata = isFields(packet['metadata']) ? packet['metadata'] : {}
    const { dataSequenceNumber, dataChunkSequenceNumber, isLastDataChunk } = metadata
    const last = isLastDataChunk === true ? ' (last)' : ''
    return `${dataSequenceNumber}.${dataChunkSequenceNumber}${last} ${dataLength(packet['data'])} bytes`
  })
  return endOfStream === true ? [...words, 'end of stream'] : words
}

/** Data is left out of long payloads, and hexadecimal in short ones. */
function dataLength(data: unknown): number {
  if (!isFields(data)) return 0
  const { bytes, data: hex } = data
  return typeof hex === 'string' ? hex.length / 2 : Number(bytes ?? 0)
}

/** Header and message as JSON has them; nothing when they cannot be read. */
export function decodeHds(frame: HdsFrame): { header: Fields; message: Fields } | undefined {
  const { payload, header, message } = frame
  if (payload === undefined) {
    return isFields(header) && isFields(message) ? { header, message } : undefined
  }
  try {
    const decoded = decodePayload(Buffer.from(payload, 'base64'))
    const json = opackToJson(decoded.message)
    return { header: { ...decoded.header }, message: isFields(json) ? json : {} }
  } catch (error) {
    if (!isHdsError(error)) throw error
    return undefined
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
