import type { Clock } from '../clock.ts'
import { MediaError } from '../errors.ts'
import { type ChildEnd, ChildFilter } from './child-filter.ts'
import type { EncoderInput } from './encoder-input.ts'
import { FeedTimeline } from './feed-timeline.ts'
import { type LiveAudioFormat, type LiveAudioFrame, packetSamples } from './live-audio-format.ts'
import { OggOpusReader } from './ogg-reader.ts'

/** What an {@link FfmpegEncoder} works with. */
export interface FfmpegEncoderOptions {
  /** Makes the input of each run. */
  readonly inputs: () => EncoderInput
  readonly to: LiveAudioFormat
  /** Name or path. */
  readonly ffmpeg: string
  readonly clock: Clock
  readonly onFrame: (frame: LiveAudioFrame) => void
  /** Called each time that the sound breaks off. */
  readonly onFailure: (error: MediaError) => void
}

const firstBackoffMs = 1000
const maxBackoffMs = 30_000
/** Of the Opus in Ogg. */
const oggRate = 48_000

/** One child, as long as it lives. */
interface Run {
  readonly child: ChildFilter
  readonly input: EncoderInput
  readonly timeline: FeedTimeline
  readonly startedAt: number
}

/**
 * Encodes sound to Opus with ffmpeg: one child, that reads and writes as it goes. A child that ends is
 * started again with the next frame, ever later; not when there is no ffmpeg, or none with libopus.
 */
export class FfmpegEncoder {
  readonly #options: FfmpegEncoderOptions
  #run: Run | undefined
  #backoffMs = firstBackoffMs
  /** No child before that. */
  #notBefore = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(options: FfmpegEncoderOptions) {
    this.#options = options
  }

  /** Takes a frame of the source; its data is copied. */
  push(decodeTime: number, data: Uint8Array): void {
    if (this.#isClosed || this.#options.clock.now() < this.#notBefore) return
    this.#run ??= this.#start()
    const { child, input, timeline } = this.#run
    const samples = input.samplesOf(data)
    if (samples === 0) return
    const advice = timeline.place(decodeTime, samples)
    if (advice.type === 'drop') return
    const silence = advice.fill > 0 ? [input.silence(advice.fill)] : []
    if (child.write(Buffer.concat([...silence, input.wrap(data)]))) return
    this.#giveUp('it does not read its input')
  }

  /** Ends the child. Nothing comes after that. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#run?.child.stop()
  }

  #start(): Run {
    const { to, clock, ffmpeg: program } = this.#options
    const input = this.#options.inputs()
    const { sampleRate: sourceRate, fillSamples } = input
    const out = { targetRate: to.sampleRate, packetSamples: packetSamples(to) }
    const timeline = new FeedTimeline({ sourceRate, fillSamples, ...out })
    const ogg = new OggOpusReader()
    const child = new ChildFilter({
      program,
      args: argumentsOf(input, to),
      onData: bytes => this.#take(ogg, timeline, bytes),
      onEnd: end => this.#broke(end),
    })
    child.write(input.header)
    return { child, input, timeline, startedAt: clock.now() }
  }

  #take(ogg: OggOpusReader, timeline: FeedTimeline, bytes: Uint8Array): void {
    const { to, onFrame } = this.#options
    try {
      for (const packet of ogg.receive(bytes)) {
        const lookahead = Math.round((ogg.preSkip * to.sampleRate) / oggRate)
        onFrame({ decodeTime: timeline.next(lookahead), data: new Uint8Array(packet) })
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#giveUp(error.message)
    }
  }

  #giveUp(lastError: string): void {
    void this.#run?.child.stop()
    this.#broke({ isMissing: false, isWell: false, lastError })
  }

  #broke({ isMissing, lastError }: ChildEnd): void {
    const { clock, onFailure, ffmpeg } = this.#options
    const now = clock.now()
    const isUnable = /unknown encoder|unrecognized option/i.test(lastError)
    if (this.#run !== undefined && now - this.#run.startedAt > maxBackoffMs)
      this.#backoffMs = firstBackoffMs
    this.#run = undefined
    this.#notBefore = isMissing || isUnable ? Number.POSITIVE_INFINITY : now + this.#backoffMs
    this.#backoffMs = Math.min(2 * this.#backoffMs, maxBackoffMs)
    const detail = isMissing ? `${ffmpeg} is not installed` : lastError
    onFailure(new MediaError('MEDIA_LIVE_AUDIO', { detail }))
  }
}

/**
 * Nothing is waited for on the way in: what there is at the beginning is taken for granted. (`-fflags
 * nobuffer` would lose the first frames.) Each packet leaves in a page of its own.
 */
function argumentsOf({ options, channels }: EncoderInput, to: LiveAudioFormat): string[] {
  const { sampleRate, packetTimeMs, bitRateKbps = 24 } = to
  // ffmpeg's own way makes the middle 3 dB louder.
  const mix = channels === 2 ? ['-af', 'pan=mono|c0=0.5*c0+0.5*c1'] : []
  return [
    ...['-hide_banner', '-v', 'error', '-threads', '1'],
    ...['-probesize', '32', '-analyzeduration', '0', ...options, '-i', 'pipe:0'],
    ...[...mix, '-ac', '1', '-ar', `${sampleRate}`, '-c:a', 'libopus', '-application', 'lowdelay'],
    ...['-frame_duration', `${packetTimeMs}`, '-vbr', 'constrained', '-b:a', `${bitRateKbps}k`],
    ...['-page_duration', `${packetTimeMs * 1000}`, '-flush_packets', '1', '-f', 'ogg', 'pipe:1'],
  ]
}
