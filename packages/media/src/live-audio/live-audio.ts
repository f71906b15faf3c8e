import { type Clock, systemClock } from '../clock.ts'
import { MediaError } from '../errors.ts'
import { type EncoderInput, encoderInputs } from './encoder-input.ts'
import { FfmpegEncoder } from './ffmpeg-encoder.ts'
import {
  isSameEld,
  type LiveAudioFormat,
  type LiveAudioFrame,
  type SourceAudio,
} from './live-audio-format.ts'
import { OpusRepacketizer } from './opus-repacketizer.ts'

/** What a {@link LiveAudio} is made with. */
export interface LiveAudioOptions {
  /** What the source delivers. */
  readonly from: SourceAudio
  /** What the viewers negotiated. */
  readonly to: LiveAudioFormat
  /** Name or path of ffmpeg, where something has to be encoded; `ffmpeg` unless told. */
  readonly ffmpeg?: string
  /** The time of the process unless told. */
  readonly clock?: Clock
  /** Takes what comes out, in order. Must not throw. */
  readonly onFrame: (frame: LiveAudioFrame) => void
  /** Told each time that the sound breaks off, with one sentence for people. Must not throw. */
  readonly onFailure: (error: MediaError) => void
}

/** Of the times of Opus in RTP and in {@link OpusRepacketizer}. */
const opusRate = 48_000

/**
 * Makes of a source's sound what viewers negotiated: passed on where it is that already, packed anew where
 * that is enough, and else encoded by ffmpeg. Whoever made it closes it; then its child ends, too.
 *
 * Nothing queues in it: what ffmpeg does not read at once is dropped.
 * @example
 * ```ts
 * await using sound = new LiveAudio({
 *   from: source.description.liveAudio ?? source.description.audio,
 *   to: { codec: 'opus', sampleRate: 16_000, packetTimeMs: 20 },
 *   onFrame: ({ decodeTime, data }) => sender.send(decodeTime, data),
 *   onFailure: error => log.warn(error.message),
 * })
 * sound.push(sample.decodeTime, sample.data)
 * ```
 */
export class LiveAudio implements AsyncDisposable {
  readonly #options: LiveAudioOptions
  readonly #inputs: (() => EncoderInput) | undefined
  readonly #repacketizer: OpusRepacketizer | undefined
  #encoder: FfmpegEncoder | undefined
  #isPassing: boolean
  #isClosed = false

  /** @throws MediaError MEDIA_LIVE_AUDIO when nothing makes the one of the other. */
  constructor(options: LiveAudioOptions) {
    const { from, to } = options
    this.#options = options
    this.#inputs = to.codec === 'opus' ? encoderInputs(from) : undefined
    if (this.#inputs === undefined && !isSameEld(from, to)) {
      const detail = `${from.codec} at ${from.sampleRate} Hz does not become ${to.codec}`
      throw new MediaError('MEDIA_LIVE_AUDIO', { detail })
    }
    if (from.codec === 'opus') this.#repacketizer = new OpusRepacketizer(to.packetTimeMs)
    this.#isPassing = this.#inputs === undefined || this.#repacketizer !== undefined
  }

  /**
   * Takes a frame of the source.
   * @param decodeTime - In units of the source's sample rate; not before that of the last one.
   * @param data - May be a view: it is copied.
   */
  push(decodeTime: number, data: Uint8Array): void {
    if (this.#isClosed) return
    if (!this.#isPassing) this.#encode(decodeTime, data)
    else if (this.#repacketizer === undefined)
      this.#options.onFrame({ decodeTime, data: new Uint8Array(data) })
    else this.#repack(this.#repacketizer, decodeTime, data)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#encoder?.close()
  }

  #repack(repacketizer: OpusRepacketizer, decodeTime: number, data: Uint8Array): void {
    const { to, onFrame } = this.#options
    const packets = repacketizer.push(decodeTime, data)
    for (const packet of packets ?? []) {
      const time = Math.round((packet.decodeTime * to.sampleRate) / opusRate)
      onFrame({ decodeTime: time, data: packet.data })
    }
    if (packets !== undefined) return
    // Frames of 40 or 60 ms cannot be cut: from here on they are encoded anew.
    this.#isPassing = false
    this.#encode(decodeTime, data)
  }

  #encode(decodeTime: number, data: Uint8Array): void {
    const { to, ffmpeg = 'ffmpeg', clock = systemClock, onFrame, onFailure } = this.#options
    const inputs = this.#inputs
    if (inputs === undefined) return
    this.#encoder ??= new FfmpegEncoder({ inputs, to, ffmpeg, clock, onFrame, onFailure })
    this.#encoder.push(decodeTime, data)
  }
}
