import { type NalSyntax, nalSyntaxes, type VideoCodec } from '@hksv/fmp4'

import { ParameterSets, type VideoParameters } from '../rtp/parameter-sets.ts'
import { PictureBuffer } from '../rtp/picture-buffer.ts'
import { NalSplitter } from './nal-splitter.ts'

/** How {@link AnnexBReader} reads. */
export interface AnnexBReaderOptions {
  readonly codec: VideoCodec
  /** Larger pictures are left out; 8 MiB unless told. */
  readonly maxPictureBytes?: number
}

/** A picture of a byte stream. */
export interface AccessUnit {
  /**
   * Slices and SEI, each behind its length in 4 bytes; no parameter sets. A view, valid until the
   * handler returns.
   */
  readonly data: Uint8Array
  /** Whether decoding can begin with it: an IDR picture, in H.265 any IRAP picture. */
  readonly isSync: boolean
}

const defaultMaxPictureBytes = 8 * 2 ** 20

/**
 * NAL units that begin an access unit when they come behind a slice: delimiters, parameter sets and SEI
 * among them, but not what closes one.
 * @see ITU-T H.264 §7.4.1.2.3, ITU-T H.265 §7.4.2.4.4
 */
const opensAccessUnit: Readonly<Record<VideoCodec, (type: number) => boolean>> = {
  h264: type => (type >= 6 && type <= 9) || (type >= 14 && type <= 18),
  h265: type =>
    (type >= 32 && type <= 35) ||
    type === 39 ||
    (type >= 41 && type <= 44) ||
    (type >= 48 && type <= 55),
}

/**
 * Takes a byte stream of H.264 or H.265 apart: the pictures, ready for a recording, and the parameter
 * sets. A picture is complete when something of the next one has come, or at `flush`.
 *
 * A byte stream has no times: whoever reads it knows them.
 * @example
 * ```ts
 * const reader = new AnnexBReader({ codec: 'h264' })
 * for await (const bytes of file) reader.push(bytes, ({ data, isSync }) => save(data, isSync))
 * reader.flush(({ data, isSync }) => save(data, isSync))
 * ```
 * @see ITU-T H.264 annex B, ITU-T H.265 annex B
 */
export class AnnexBReader {
  readonly #codec: VideoCodec
  readonly #syntax: NalSyntax
  readonly #splitter: NalSplitter
  readonly #sets: ParameterSets
  readonly #buffer = new PictureBuffer()
  readonly #maxBytes: number
  #handle: (picture: AccessUnit) => void = () => undefined
  #hasSlice = false
  #isSync = true
  #isDamaged = false

  constructor({ codec, maxPictureBytes = defaultMaxPictureBytes }: AnnexBReaderOptions) {
    this.#codec = codec
    this.#syntax = nalSyntaxes[codec]
    this.#maxBytes = maxPictureBytes
    this.#sets = new ParameterSets(codec)
    this.#splitter = new NalSplitter(nal => this.#take(nal), maxPictureBytes)
  }

  /** Whether parameter sets were added or replaced since the last `parameters`. */
  get isChanged(): boolean {
    return this.#sets.isChanged
  }

  /** @returns The parameter sets, once there is one of each type. Counts as having seen the changes. */
  parameters(): VideoParameters | undefined {
    return this.#sets.parameters()
  }

  /**
   * Takes the next piece of the stream, cut anywhere. It may be used again afterwards.
   * @param handle - Called with each picture that is complete, in decoding order.
   */
  push(piece: Uint8Array, handle: (picture: AccessUnit) => void): void {
    this.#handle = handle
    this.#splitter.push(piece)
  }

  /** The stream has ended, and its last picture with it. */
  flush(handle: (picture: AccessUnit) => void): void {
    this.#handle = handle
    this.#splitter.flush()
    this.#finish()
  }

  #take(nal: Uint8Array): void {
    if (!this.#syntax.isOfBaseLayer(nal)) return
    const type = this.#syntax.typeOf(nal)
    const isSlice = this.#syntax.isSlice(type)
    if (this.#hasSlice && this.#isNextPicture(nal, type, isSlice)) this.#finish()
    if (isSlice) {
      this.#hasSlice = true
      this.#isSync &&= this.#syntax.isKey(type)
    } else if (this.#syntax.isParameterSet(type)) this.#sets.add(nal)
    if (!this.#syntax.isContent(nal)) return
    if (this.#buffer.byteLength + 4 + nal.length > this.#maxBytes) this.#isDamaged = true
    if (this.#isDamaged) return
    this.#buffer.beginUnit()
    this.#buffer.append(nal, 0, nal.length)
    this.#buffer.endUnit()
  }

  /** first_mb_in_slice is 0, or first_slice_segment_in_pic_flag is set: both are the first bit. */
  #isNextPicture(nal: Uint8Array, type: number, isSlice: boolean): boolean {
    if (!isSlice) return opensAccessUnit[this.#codec](type)
    return ((nal[this.#codec === 'h264' ? 1 : 2] ?? 0) & 0x80) !== 0
  }

  #finish(): void {
    if (this.#hasSlice && !this.#isDamaged && this.#buffer.byteLength > 0) {
      this.#handle({ data: this.#buffer.data, isSync: this.#isSync })
    }
    this.#buffer.clear()
    this.#hasSlice = false
    this.#isSync = true
    this.#isDamaged = false
  }
}
