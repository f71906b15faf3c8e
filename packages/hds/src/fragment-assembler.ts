import type { FragmentEvent } from './hub-types.ts'
import type { HdsNotice } from './notices.ts'
import type { OpackDictionary, OpackValue } from './opack/index.ts'
import { dataMessageOf, type Packet } from './packet.ts'
import { ViolationError } from './violations.ts'

const MAX_FRAGMENT_LENGTH = 32 * 1024 * 1024
const dataTypes = ['mediaInitialization', 'mediaFragment'] as const

/** A fragment of which chunks are missing. */
interface Partial {
  readonly dataType: FragmentEvent['dataType']
  readonly sequence: number
  /** What chunk 1 announced. */
  readonly totalSize: number | undefined
  readonly chunks: Uint8Array[]
  length: number
}

/** What became of a data event. */
export type Assembled =
  | Omit<FragmentEvent, 'streamId'>
  | { readonly type: 'notice'; readonly rule: HdsNotice; readonly detail: string }

/** Puts the fragments of one stream together, and checks the rules of their order. */
export class FragmentAssembler {
  /** The last complete fragment's number; 0 before the first. */
  #sequence = 0
  #partial: Partial | undefined;

  /**
   * Yields fragments as they become complete, each joined once.
   *
   * @returns Whether chunks came, and whether the stream ends here.
   * @throws ViolationError
   */
  *add(message: OpackDictionary): Generator<Assembled, { hasChunks: boolean; isEnd: boolean }> {
    const { packets, isEndOfStream, hasNumericFlag } = dataMessageOf(message)
    if (hasNumericFlag) yield { type: 'notice', rule: 'numeric-flag', detail: 'data' }
    for (const [index, packet] of packets.entries()) {
      const isEnd = isEndOfStream && index === packets.length - 1
      if (isEnd && !packet.isLastChunk) {
        throw new ViolationError('end-of-stream-inside-fragment', place(packet))
      }
      yield* this.#addPacket(packet, isEnd)
    }
    if (isEndOfStream) this.#checkEnd()
    return { hasChunks: packets.length > 0, isEnd: isEndOfStream }
  }

  *#addPacket(packet: Packet, isEndOfStream: boolean): Generator<Assembled> {
    const isFirst = this.#partial === undefined
    if (packet.totalSize !== undefined && (!isFirst || sizeOf(packet.totalSize) === undefined)) {
      yield { type: 'notice', rule: 'total-size-ignored', detail: place(packet) }
    }
    if (isFirst && packet.sequence !== this.#sequence + 1 && this.#sequence > 0) {
      const detail = `${this.#sequence} to ${packet.sequence}`
      yield { type: 'notice', rule: 'sequence-gap', detail }
    }
    const partial = this.#partial ?? this.#begin(packet)
    this.#append(partial, packet)
    if (!packet.isLastChunk) return
    yield { ...this.#complete(partial), isEndOfStream }
  }

  #begin(packet: Packet): Partial {
    const dataType = dataTypes.find(type => type === packet.dataType)
    const isInitialization = packet.sequence === 1 && dataType === 'mediaInitialization'
    if (this.#sequence === 0 && !isInitialization) {
      throw new ViolationError('initialization-missing', place(packet))
    }
    if (dataType === undefined || (this.#sequence > 0 && !isLater(packet))) {
      throw new ViolationError('fragment-unexpected', place(packet))
    }
    const totalSize = sizeOf(packet.totalSize)
    if (totalSize !== undefined && totalSize > MAX_FRAGMENT_LENGTH) {
      throw new ViolationError('fragment-too-long', `${totalSize} bytes announced`)
    }
    this.#partial = { dataType, sequence: packet.sequence, totalSize, chunks: [], length: 0 }
    return this.#partial
  }

  #append(partial: Partial, packet: Packet): void {
    if (packet.sequence !== partial.sequence || packet.dataType !== partial.dataType) {
      throw new ViolationError('fragment-changed', place(packet))
    }
    if (packet.chunk !== partial.chunks.length + 1) {
      throw new ViolationError('chunk-out-of-order', place(packet))
    }
    partial.chunks.push(packet.data)
    partial.length += packet.data.length
    if (partial.length > MAX_FRAGMENT_LENGTH) {
      throw new ViolationError('fragment-too-long', place(packet))
    }
    const { totalSize } = partial
    const isWrong = packet.isLastChunk
      ? partial.length !== totalSize
      : partial.length > (totalSize ?? Number.POSITIVE_INFINITY)
    if (totalSize !== undefined && isWrong) {
      throw new ViolationError('total-size-mismatch', `${partial.length} of ${totalSize} bytes`)
    }
  }

  #complete({
    dataType,
    sequence,
    chunks,
    length,
  }: Partial): Omit<FragmentEvent, 'streamId' | 'isEndOfStream'> {
    if (length === 0) throw new ViolationError('fragment-empty', `fragment ${sequence}`)
    this.#sequence = sequence
    this.#partial = undefined
    return {
      type: 'fragment',
      sequence,
      dataType,
      data: join(chunks, length),
      chunks: chunks.length,
    }
  }

  #checkEnd(): void {
    if (this.#partial !== undefined) {
      const detail = `fragment ${this.#partial.sequence}`
      throw new ViolationError('end-of-stream-inside-fragment', detail)
    }
    if (this.#sequence === 0) throw new ViolationError('initialization-missing', 'endOfStream')
  }
}

function isLater(packet: Packet): boolean {
  return packet.sequence !== 1 && packet.dataType === 'mediaFragment'
}

function sizeOf(value: OpackValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}

function place({ dataType, sequence, chunk }: Packet): string {
  return `${dataType} ${sequence} chunk ${chunk}`
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks
  if (chunks.length === 1 && first !== undefined) return first
  const joined = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    joined.set(chunk, at)
    at += chunk.length
  }
  return joined
}
