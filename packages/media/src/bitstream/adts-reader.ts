import { type AudioSpecificConfig, isFmp4Error, parseAudioSpecificConfig } from '@hksv/fmp4'

/** A frame of a stream of ADTS. */
export interface AdtsFrame {
  /** The raw AAC frame, without header. A view, valid until the handler returns. */
  readonly data: Uint8Array
  /** What its header says; the same object as long as it says the same. */
  readonly config: AudioSpecificConfig
}

/** What a header says, as far as it is used. */
interface AdtsHeader {
  /** Bytes of the frame with its header. */
  readonly length: number
  /** 7, or 9 with a checksum. */
  readonly headerLength: number
  /** The bits of `config`: equal for equal ones. */
  readonly layout: number
}

const minHeaderLength = 7
const maxFrameLength = 0x1fff

/**
 * Takes a stream of ADTS apart. A frame is believed when another header, or the end of the stream,
 * stands behind it; what is no frame is passed over. Frames of several raw data blocks, and channels
 * that only the AAC bits describe, are left out.
 *
 * ADTS can say AAC-LC; AAC-ELD it cannot.
 * @see ISO/IEC 14496-3 §1.A.2.2.1
 */
export class AdtsReader {
  #pending: Uint8Array = new Uint8Array()
  #config: AudioSpecificConfig | undefined
  #layout = -1

  /**
   * Takes the next piece of the stream, cut anywhere. It may be used again afterwards.
   * @param handle - Called with each frame.
   */
  push(piece: Uint8Array, handle: (frame: AdtsFrame) => void): void {
    const bytes = this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece])
    // Never more than two frames wait: one, and the beginning of the header behind it.
    this.#pending = new Uint8Array(bytes.subarray(this.#read(bytes, handle, false)))
  }

  /** The stream has ended, and its last frame with it. */
  flush(handle: (frame: AdtsFrame) => void): void {
    this.#read(this.#pending, handle, true)
    this.#pending = new Uint8Array()
  }

  /** @returns Where it went no further. */
  #read(bytes: Uint8Array, handle: (frame: AdtsFrame) => void, isEnd: boolean): number {
    let at = 0
    while (at + minHeaderLength <= bytes.length) {
      const header = readHeader(bytes, at)
      if (header === undefined) {
        at++
        continue
      }
      const end = at + header.length
      const isFollowed =
        end + 2 <= bytes.length ? isSync(bytes, end) : isEnd && end === bytes.length
      if (isFollowed) {
        this.#deliver(bytes.subarray(at + header.headerLength, end), header, handle)
        at = end
      } else if (end + 2 > bytes.length && !isEnd) return at
      else at++
    }
    return isEnd ? bytes.length : at
  }

  #deliver(data: Uint8Array, { layout }: AdtsHeader, handle: (frame: AdtsFrame) => void): void {
    if (layout !== this.#layout) {
      this.#layout = layout
      this.#config = configOf(layout)
    }
    if (this.#config !== undefined && data.length > 0) handle({ data, config: this.#config })
  }
}

function isSync(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xff && ((bytes[at + 1] ?? 0) & 0xf6) === 0xf0
}

/** @returns Nothing where no header of a single block is. */
function readHeader(bytes: Uint8Array, at: number): AdtsHeader | undefined {
  if (!isSync(bytes, at)) return undefined
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = bytes.subarray(
    at + 1,
    at + 7,
  )
  const headerLength = (first & 1) === 0 ? 9 : minHeaderLength
  const length = ((third & 3) << 11) | (fourth << 3) | (fifth >> 5)
  if (length < headerLength || length > maxFrameLength || (sixth & 3) !== 0) return undefined
  return { length, headerLength, layout: (second << 8) | (third & 0xc0) }
}

/** @returns Nothing for rates and channels that only the AAC bits describe. */
function configOf(layout: number): AudioSpecificConfig | undefined {
  const objectType = (layout >> 14) + 1
  const rate = (layout >> 10) & 0xf
  const channels = (layout >> 6) & 7
  const bits = (objectType << 11) | (rate << 7) | (channels << 3)
  try {
    return parseAudioSpecificConfig(Uint8Array.of(bits >> 8, bits & 0xff))
  } catch (error) {
    if (isFmp4Error(error)) return undefined
    throw error
  }
}
