import { type Clock, systemClock } from '../clock.ts'
import { isMediaError, MediaError } from '../errors.ts'
import { type ChildEnd, ChildFilter } from '../live-audio/child-filter.ts'
import { OggOpusWriter } from '../live-audio/ogg-writer.ts'
import { opusFrameSamples } from '../rtp/opus.ts'
import type { RtpPacket } from '../rtp/packet.ts'
import { SpeechQueue } from './speech-queue.ts'
import { SpeechReceiver } from './speech-receiver.ts'
import type { SpeechFormat, TalkBack } from './talk-back.ts'

/** What a {@link TalkSession} works with. */
export interface TalkSessionOptions {
  readonly talkBack: TalkBack
  /** Name or path; `ffmpeg` unless told. */
  readonly ffmpeg?: string
  /** The time of the process unless told. */
  readonly clock?: Clock
  /** Told once when nothing is heard from now on, with one sentence for people. Must not throw. */
  readonly onFailure: (error: MediaError) => void
}

/** Silence in front of what is said: whoever plays it as it comes has that much in hand. */
const cushionMs = 60
/** A loudspeaker that is further behind misses something. */
const maxBehindMs = 500
const silence = { s16le: 0x00, mulaw: 0xff, alaw: 0xd5 } as const
const sampleBytes = { s16le: 2, mulaw: 1, alaw: 1 } as const

/**
 * Lets one viewer talk: RTP packets with Opus in, sound for a loudspeaker out. Nothing is started before
 * the first packet. Whoever made it closes it; then the loudspeaker's signal aborts, and no child is left.
 */
export class TalkSession implements AsyncDisposable {
  readonly #options: TalkSessionOptions
  readonly #clock: Clock
  readonly #receiver = new SpeechReceiver()
  readonly #stop = new AbortController()
  readonly #speech: SpeechQueue
  readonly #ogg = new OggOpusWriter({ sampleRate: 16_000, channels: 1 })
  #decoder: ChildFilter | undefined
  #playing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: TalkSessionOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#speech = new SpeechQueue(bytesOf(options.talkBack.format, maxBehindMs))
  }

  /** Takes a packet as it arrives, deciphered. Its bytes are copied. Those of other payload types than Opus do not belong here. */
  receive(packet: RtpPacket): void {
    if (this.#stop.signal.aborted) return
    this.#decode(this.#receiver.receive(packet, this.#clock.now()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
    await this.#decoder?.stop()
    await this.#playing
  }

  #decode(packets: readonly Uint8Array[]): void {
    clearTimeout(this.#timer)
    for (const packet of packets) {
      this.#decoder ??= this.#start()
      const samples = opusFrameSamples(packet, 0, packet.length)
      this.#decoder.write(this.#ogg.page(packet, samples))
    }
    const deadline = this.#receiver.deadline()
    if (deadline === undefined) return
    const now = this.#clock.now()
    const tick = () => this.#decode(this.#receiver.tick(this.#clock.now()))
    this.#timer = setTimeout(tick, Math.max(0, deadline - now))
  }

  #start(): ChildFilter {
    const { talkBack, ffmpeg = 'ffmpeg' } = this.#options
    const { encoding, sampleRate } = talkBack.format
    const decoder = new ChildFilter({
      program: ffmpeg,
      args: [
        ...['-hide_banner', '-v', 'error', '-threads', '1', '-probesize', '32'],
        // ffmpeg's own decoder takes a missing frame for silence.
        ...['-analyzeduration', '0', '-c:a', 'libopus', '-f', 'ogg', '-i', 'pipe:0', '-ac', '1'],
        ...['-ar', `${sampleRate}`, '-flush_packets', '1', '-f', encoding, 'pipe:1'],
      ],
      onData: bytes => this.#speech.push(new Uint8Array(bytes)),
      onEnd: end => this.#failed(decoderFailure(ffmpeg, end)),
    })
    decoder.write(this.#ogg.header())
    const cushion = bytesOf(talkBack.format, cushionMs)
    this.#speech.push(new Uint8Array(cushion).fill(silence[encoding]))
    this.#playing = talkBack.play(this.#speech, this.#stop.signal).then(
      () => this.#end(),
      (cause: unknown) => this.#failed(cause),
    )
    return decoder
  }

  #failed(cause: unknown): void {
    if (this.#stop.signal.aborted) return
    this.#end()
    void this.#decoder?.stop()
    const error = isMediaError(cause) ? cause : new MediaError('MEDIA_TALK_BACK', { cause })
    this.#options.onFailure(error)
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#speech.end()
    this.#stop.abort()
  }
}

function bytesOf({ encoding, sampleRate }: SpeechFormat, ms: number): number {
  return Math.round((sampleRate * ms) / 1000) * sampleBytes[encoding]
}

function decoderFailure(ffmpeg: string, { isMissing, lastError }: ChildEnd): MediaError {
  const detail = isMissing ? `${ffmpeg} is not installed` : lastError
  return new MediaError('MEDIA_TALK_BACK', { detail })
}
