import { AacReader } from './aac-payload.ts'
import type { AudioParameters, RtpEvent } from './events.ts'
import { FrameCopies, type FrameReader } from './frame-sink.ts'
import { LatmReader } from './latm-payload.ts'
import type { TrackClock } from './lip-sync.ts'
import { opusFrameSamples } from './opus.ts'
import type { RtpPacket } from './packet.ts'
import type { AacFormat, PlainAudioFormat } from './rtp-format.ts'

/** What an {@link AudioTrack} works with. */
export interface AudioTrackOptions {
  readonly format: AacFormat | PlainAudioFormat
  readonly clock: TrackClock
  readonly emit: (event: RtpEvent) => void
}

/** Up to this a frame follows the one before it, a sample longer or shorter. */
const trimMs = 20
/** More than that frames do not come early. */
const maxLeadMs = 100

/** One frame a packet. */
const plainReader: FrameReader = {
  receive: ({ bytes, payloadStart, payloadEnd }, _isAfterGap, sink) => {
    if (payloadStart < payloadEnd) sink(bytes, payloadStart, payloadEnd)
  },
}

/**
 * Makes samples of the packets of an audio track, in order. Frames follow each other without gaps, as
 * decoders want it, whatever the timestamps jitter: up to 20 ms they are followed in steps of one sample
 * a frame, the way cameras trim their clocks. A larger step forward is a gap. Frames that are more than
 * 100 ms early, because the lip synchronization moved the track, are left out until the time is right.
 */
export class AudioTrack {
  readonly #clock: TrackClock
  readonly #emit: (event: RtpEvent) => void
  readonly #reader: FrameReader
  readonly #parameters: AudioParameters
  readonly #frameLength: (bytes: Uint8Array, start: number, end: number) => number
  /** Bound once, so that no packet needs a closure. */
  readonly #sink = (bytes: Uint8Array, start: number, end: number): void =>
    this.#take(bytes, start, end)
  readonly #copies = new FrameCopies()
  #hasParameters = false
  /** When the next frame of the packet begins, by its timestamp. */
  #wanted = 0
  /** When the next frame begins, if it follows the last one. */
  #next: number | undefined

  constructor({ format, clock, emit }: AudioTrackOptions) {
    this.#clock = clock
    this.#emit = emit
    this.#parameters = parametersOf(format)
    this.#reader = readerOf(format)
    this.#frameLength = frameLengthOf(format)
  }

  /** Takes the next packet; `lost` are missing in front of it. */
  receive(packet: RtpPacket, lost: number, now: number): void {
    const clock = this.#clock
    const { epochs } = clock
    const time = clock.advance(packet.timestamp, now)
    if (clock.epochs !== epochs) this.#emit({ type: 'restart', why: 'timestamp' })
    const { sampleRate } = this.#parameters
    const shift = Math.round((clock.shiftMs * sampleRate) / 1000)
    // The SDP's rate may differ from that of the audio itself.
    this.#wanted = Math.round((time * sampleRate) / clock.rate) + shift
    this.#reader.receive(packet, lost > 0, this.#sink)
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    const duration = this.#frameLength(bytes, start, end)
    const decodeTime = this.#place(duration)
    this.#wanted += duration
    if (decodeTime === undefined) return
    if (!this.#hasParameters) this.#emit({ type: 'parameters', parameters: this.#parameters })
    this.#hasParameters = true
    const data = this.#copies.copy(bytes, start, end)
    this.#emit({ type: 'sample', sample: { track: 'audio', decodeTime, isSync: true, data } })
  }

  /** @returns When a frame begins; undefined when it comes too early. */
  #place(duration: number): number | undefined {
    const { sampleRate } = this.#parameters
    const next = this.#next ?? this.#wanted
    const off = this.#wanted - next
    if (off * 1000 < -maxLeadMs * sampleRate) return undefined
    const isGap = off * 1000 > trimMs * sampleRate
    const decodeTime = isGap ? this.#wanted : next + Math.sign(off)
    this.#next = decodeTime + duration
    return decodeTime
  }
}

function readerOf(format: AacFormat | PlainAudioFormat): FrameReader {
  if (format.codec !== 'aac') return plainReader
  return format.packing.type === 'latm' ? new LatmReader() : new AacReader(format.packing)
}

function parametersOf(format: AacFormat | PlainAudioFormat): AudioParameters {
  const { codec, channels } = format
  if (codec !== 'aac') return { codec, channels, sampleRate: format.clockRate }
  const { objectType, sampleRate, frameLength, audioSpecificConfig } = format
  return { codec, objectType, sampleRate, channels, frameLength, audioSpecificConfig }
}

/** @returns What tells the samples of a frame. */
function frameLengthOf(
  format: AacFormat | PlainAudioFormat,
): (bytes: Uint8Array, start: number, end: number) => number {
  if (format.codec === 'aac') return () => format.frameLength
  // RFC 7587 counts at 48 kHz whatever the audio is; HomeKit counts at the rate that was negotiated.
  if (format.codec === 'opus')
    return (bytes, start, end) =>
      Math.round((opusFrameSamples(bytes, start, end) * format.clockRate) / 48_000)
  return (_bytes, start, end) => Math.ceil((end - start) / format.channels)
}
