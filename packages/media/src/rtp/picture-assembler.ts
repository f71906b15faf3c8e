import { hevcNalTypes, type NalSyntax, nalSyntaxes, nalTypes, type VideoCodec } from '@hksv/fmp4'

import { readH264Payload } from './h264-payload.ts'
import { readH265Payload } from './h265-payload.ts'
import type { NalSink } from './nal-sink.ts'
import { byteAt, type RtpPacket } from './packet.ts'
import type { ParameterSets } from './parameter-sets.ts'
import { PictureBuffer } from './picture-buffer.ts'

/** A picture whose packets have all come, as far as the sequence numbers tell. */
export interface Picture {
  /** Slices and SEI behind their lengths. A view that stays as it is. */
  readonly data: Uint8Array
  /** When it is shown, in units of the clock rate. */
  readonly time: number
  /** Type of its slices. */
  readonly type: number
  readonly isKey: boolean
  /** H.264: the first slice is a B slice. */
  readonly isBidirectional: boolean
}

/** What a {@link PictureAssembler} works for. */
export interface AssemblerOptions {
  readonly codec: VideoCodec
  readonly parameterSets: ParameterSets
  /** Larger pictures are given up. */
  readonly maxPictureBytes: number
  readonly onPicture: (picture: Picture) => void
  /** A picture was given up. */
  readonly onDamage: () => void
}

/** NAL units that nothing of a picture comes before: delimiters, and parameter sets that others need. */
const openings: Readonly<Record<VideoCodec, readonly number[]>> = {
  h264: [nalTypes.accessUnitDelimiter, nalTypes.sps],
  h265: [hevcNalTypes.accessUnitDelimiter, hevcNalTypes.vps],
}

/**
 * Puts pictures together from packets in order. A picture ends where the timestamp changes, or with a
 * marked packet once it has a slice: senders were seen that mark parameter sets and SEI, or nothing.
 * A sender that marks more than the end of a picture is caught by the slice that follows, and its marks
 * are not believed any longer.
 *
 * A picture is given up when something of it may be missing: a packet by its sequence number, a part of
 * a NAL unit, or what is usually there before the first slice.
 */
export class PictureAssembler implements NalSink {
  readonly #options: AssemblerOptions
  readonly #syntax: NalSyntax
  readonly #readPayload: (packet: RtpPacket, sink: NalSink) => void
  /** Bytes of a NAL unit's header. */
  readonly #headerLength: number
  readonly #buffer = new PictureBuffer()
  #isOpen = false
  /** Of the picture that is open, or of the last one. */
  #timestamp: number | undefined
  #time = 0
  /** Whether the picture is known to begin with its first NAL unit. */
  #isStartSure = false
  /** Whether it is the first one of the stream. */
  #isFirst = true
  #isDamaged = false
  #isMarkerBelieved = true
  /** Whether the first slice may turn out to belong to the last picture. */
  #mayContinueLast = false
  /** Type of the first NAL unit. */
  #opening: number | undefined
  /** The same of the last key picture. */
  #keyOpening: number | undefined
  /** Type of the first slice. */
  #type: number | undefined
  #isKey = false
  #isBidirectional = false

  constructor(options: AssemblerOptions) {
    this.#options = options
    this.#syntax = nalSyntaxes[options.codec]
    this.#readPayload = options.codec === 'h264' ? readH264Payload : readH265Payload
    this.#headerLength = options.codec === 'h264' ? 1 : 2
  }

  /**
   * Takes the next packet.
   * @param isAfterGap - Whether packets are missing in front of it.
   * @param time - When the picture is shown; used when the packet begins one.
   */
  receive(packet: RtpPacket, isAfterGap: boolean, time: number): void {
    const isSameTime = packet.timestamp === this.#timestamp
    if (isAfterGap && this.#isOpen) this.#giveUp()
    if (this.#isOpen && !isSameTime) this.#finish()
    if (!this.#isOpen) this.#begin(packet, { isAfterGap, isSameTime, time })
    this.#readPayload(packet, this)
    if (!packet.isMarker || !this.#isMarkerBelieved || !this.#isOpen) return
    this.endUnit()
    if (this.#type === undefined && !this.#isDamaged) return
    this.#finish()
  }

  /** Ends the picture that is open: the next packet is known not to belong to it. */
  finish(): void {
    if (this.#isOpen) this.#finish()
  }

  /** The next packet belongs to another stream. Whether a picture is open that lacks something, nobody knows. */
  restart(): void {
    this.#isOpen = false
    this.#timestamp = undefined
    this.#isMarkerBelieved = true
    this.#keyOpening = undefined
  }

  get isUnitOpen(): boolean {
    // A unit of a damaged picture counts as open, so that the rest of it is no damage of its own.
    return this.#isDamaged || this.#buffer.isUnitOpen
  }

  unit(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isDamaged || start >= end) return
    this.#buffer.beginUnit()
    this.appendToUnit(bytes, start, end)
    this.endUnit()
  }

  beginUnit(headerFirst: number, headerSecond?: number): void {
    if (this.#isDamaged) return
    this.#buffer.beginUnit()
    this.#buffer.appendByte(headerFirst)
    if (headerSecond !== undefined) this.#buffer.appendByte(headerSecond)
  }

  appendToUnit(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isDamaged || start >= end) return
    if (this.#buffer.byteLength + end - start > this.#options.maxPictureBytes) this.damage()
    else this.#buffer.append(bytes, start, end)
  }

  endUnit(): void {
    if (this.#isDamaged || !this.#buffer.isUnitOpen) return
    if (this.#buffer.startCodeInUnit() < 0) this.#endUnit()
    else this.#splitUnit()
  }

  damage(): void {
    this.#isDamaged = true
  }

  #begin(
    packet: RtpPacket,
    { isAfterGap, isSameTime, time }: { isAfterGap: boolean; isSameTime: boolean; time: number },
  ): void {
    this.#isFirst = this.#timestamp === undefined
    this.#isStartSure = this.#timestamp !== undefined && !isAfterGap
    // The rest of a picture that was given up is no picture by itself.
    this.#isDamaged = isSameTime && isAfterGap
    this.#isOpen = true
    this.#timestamp = packet.timestamp
    this.#time = time
    this.#opening = undefined
    this.#type = undefined
    this.#isKey = true
    this.#isBidirectional = false
    this.#mayContinueLast = isSameTime
    this.#buffer.clear()
  }

  #finish(): void {
    this.endUnit()
    if (this.#isDamaged) {
      this.#giveUp()
      return
    }
    this.#isOpen = false
    if (this.#type === undefined) return
    if (this.#isKey) this.#keyOpening = this.#opening
    this.#options.onPicture({
      data: this.#buffer.take(),
      time: this.#time,
      type: this.#type,
      isKey: this.#isKey,
      isBidirectional: this.#isBidirectional,
    })
  }

  #giveUp(): void {
    this.#isOpen = false
    this.#options.onDamage()
  }

  /** Ends a unit that holds one NAL unit. */
  #endUnit(): void {
    const nal = this.#buffer.trimUnit()
    const isForbidden = (byteAt(nal, 0) & 0x80) !== 0
    if (nal.length === 0 || (!isForbidden && !this.#syntax.isOfBaseLayer(nal))) {
      this.#buffer.dropUnit()
      return
    }
    const type = this.#syntax.typeOf(nal)
    if (isForbidden || !this.#isExpected(nal, type)) {
      this.#buffer.dropUnit()
      this.damage()
      return
    }
    this.#opening ??= type
    if (this.#syntax.isSlice(type)) this.#noteSlice(nal, type)
    else if (this.#syntax.isParameterSet(type)) this.#options.parameterSets.add(nal)
    if (this.#syntax.isContent(nal)) this.#buffer.endUnit()
    else this.#buffer.dropUnit()
  }

  /**
   * Some senders put several NAL units into one, with start codes between them: takes it apart. Rare,
   * so that the second copy does not matter.
   */
  #splitUnit(): void {
    const whole = this.#buffer.trimUnit().slice()
    this.#buffer.dropUnit()
    const search = Buffer.from(whole.buffer)
    for (let at = 0; at < whole.length; ) {
      const found = search.indexOf('\0\0\x01', at, 'latin1')
      const end = found < 0 ? whole.length : found
      if (end > at && !this.#isDamaged) {
        this.#buffer.beginUnit()
        this.#buffer.append(whole, at, end)
        this.#endUnit()
      }
      at = end + 3
    }
  }

  /** Whether a unit can be the next one of its picture. */
  #isExpected(nal: Uint8Array, type: number): boolean {
    const isSlice = this.#syntax.isSlice(type)
    const isLaterSlice = isSlice && !this.#isFirstSlice(nal)
    if (isSlice && this.#mayContinueLast) {
      this.#mayContinueLast = false
      // Then the marker stood on a slice that was not the last one.
      this.#isMarkerBelieved = !isLaterSlice
      if (isLaterSlice) return false
    }
    if (this.#isStartSure || this.#opening !== undefined) return true
    if (this.#isFirst) return !isLaterSlice
    return this.#keyOpening === undefined
      ? openings[this.#options.codec].includes(type)
      : type === this.#keyOpening
  }

  /** first_mb_in_slice is 0, or first_slice_segment_in_pic_flag is set: both are the first bit. */
  #isFirstSlice(nal: Uint8Array): boolean {
    return (byteAt(nal, this.#headerLength) & 0x80) !== 0
  }

  #noteSlice(nal: Uint8Array, type: number): void {
    this.#isKey &&= this.#syntax.isKey(type)
    if (this.#type !== undefined) return
    this.#type = type
    // Behind first_mb_in_slice: slice_type 1 is 010, 6 is 00111 in Exp-Golomb code.
    const bits = byteAt(nal, 1)
    if (this.#headerLength === 1)
      this.#isBidirectional = (bits & 0xf0) === 0xa0 || (bits & 0xfc) === 0x9c
  }
}
