import type { OpackDictionary, OpackValue } from './opack/index.ts'
import { ViolationError } from './violations.ts'

const MAX_PACKETS = 16
const MAX_CHUNK_LENGTH = 900 * 1024

/** One chunk of a fragment. */
export interface Packet {
  readonly data: Uint8Array
  readonly dataType: string
  readonly sequence: number
  readonly chunk: number
  readonly isLastChunk: boolean
  /** As it came: it is optional, and hubs do not look at it. */
  readonly totalSize: OpackValue | undefined
}

/** What a data event says. */
export interface DataMessage {
  readonly packets: readonly Packet[]
  readonly isEndOfStream: boolean
  /** A flag was written as a number. */
  readonly hasNumericFlag: boolean
}

/**
 * @returns The packets of a data event; data as views.
 * @throws ViolationError
 */
export function dataMessageOf(message: OpackDictionary): DataMessage {
  const end = message.get('endOfStream')
  const isEndOfStream = end === undefined ? false : flag(end)
  if (isEndOfStream === undefined) throw new ViolationError('end-of-stream-malformed', typeof end)
  // An end of the stream needs no packets.
  const packets = message.get('packets') ?? (isEndOfStream ? [] : undefined)
  if (!Array.isArray(packets)) throw new ViolationError('packets-malformed', 'no array')
  if (packets.length > MAX_PACKETS) {
    throw new ViolationError('packets-malformed', `${packets.length} packets`)
  }
  const hasNumericFlag = typeof end === 'number' || packets.some(hasNumericLast)
  return { packets: packets.map(packetOf), isEndOfStream, hasNumericFlag }
}

function packetOf(packet: OpackValue): Packet {
  if (!(packet instanceof Map)) throw new ViolationError('packets-malformed', 'no dictionary')
  const data = packet.get('data')
  const metadata = packet.get('metadata')
  if (!(data instanceof Uint8Array)) throw new ViolationError('data-malformed', typeof data)
  if (data.length > MAX_CHUNK_LENGTH) {
    throw new ViolationError('chunk-too-long', `${data.length} bytes`)
  }
  if (!(metadata instanceof Map)) throw new ViolationError('metadata-malformed', 'no dictionary')
  const dataType = metadata.get('dataType')
  const sequence = metadata.get('dataSequenceNumber')
  const chunk = metadata.get('dataChunkSequenceNumber')
  const isLastChunk = flag(metadata.get('isLastDataChunk'))
  if (typeof dataType !== 'string') throw new ViolationError('metadata-malformed', 'dataType')
  if (typeof sequence !== 'number') {
    throw new ViolationError('metadata-malformed', 'dataSequenceNumber')
  }
  if (typeof chunk !== 'number') {
    throw new ViolationError('metadata-malformed', 'dataChunkSequenceNumber')
  }
  if (isLastChunk === undefined) throw new ViolationError('metadata-malformed', 'isLastDataChunk')
  return { data, dataType, sequence, chunk, isLastChunk, totalSize: metadata.get('dataTotalSize') }
}

/** Hubs take numbers for booleans, but nothing else. */
function flag(value: OpackValue | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value
  return typeof value === 'number' ? value !== 0 : undefined
}

function hasNumericLast(packet: OpackValue): boolean {
  const metadata = packet instanceof Map ? packet.get('metadata') : undefined
  return metadata instanceof Map && typeof metadata.get('isLastDataChunk') === 'number'
}
