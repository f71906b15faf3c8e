import { type MediaSample, nalSyntaxes } from '@hksv/fmp4'

import { DecodeOrder, type OrderedPicture } from './decode-order.ts'
import type { RtpEvent } from './events.ts'
import type { LipSync, TrackClock } from './lip-sync.ts'
import type { RtpPacket } from './packet.ts'
import { ParameterSets } from './parameter-sets.ts'
import { type Picture, PictureAssembler } from './picture-assembler.ts'
import type { VideoFormat } from './rtp-format.ts'

/** What a {@link VideoTrack} works with. */
export interface VideoTrackOptions {
  readonly format: VideoFormat
  readonly clock: TrackClock
  readonly sync: LipSync
  readonly maxPictureBytes: number
  readonly emit: (event: RtpEvent) => void
}

/**
 * Makes samples of the packets of a video track, in order. Nothing is delivered that may look wrong: it
 * begins with a key frame, and after a loss or a damaged picture with the next one. Pictures of H.265
 * that need what was before their key frame (RASL) are left out always, so that every key frame begins
 * something that can be decoded.
 */
export class VideoTrack {
  readonly #options: VideoTrackOptions
  readonly #assembler: PictureAssembler
  readonly #sets: ParameterSets
  readonly #order: DecodeOrder
  /** Why there are no pictures until the next key frame; undefined when there are. */
  #waitsFor: 'start' | 'loss' | 'damage' | 'parameters' | undefined = 'start'
  #hasParameters = false
  #dropped = 0

  constructor(options: VideoTrackOptions) {
    this.#options = options
    const { format, maxPictureBytes } = options
    this.#sets = new ParameterSets(format.codec, format.parameterSets)
    this.#order = new DecodeOrder(ordered => this.#deliver(ordered))
    this.#assembler = new PictureAssembler({
      codec: format.codec,
      parameterSets: this.#sets,
      maxPictureBytes,
      onPicture: picture => this.#take(picture),
      onDamage: () => {
        this.#dropped++
        this.#wait('damage')
      },
    })
  }

  /** Pictures left out after the first key frame, as they or one that they need was damaged. */
  get dropped(): number {
    return this.#dropped
  }

  /** Takes the next packet; `lost` are missing in front of it. */
  receive(packet: RtpPacket, lost: number, now: number): void {
    if (lost > 0) this.#wait('loss')
    const { clock, emit } = this.#options
    const { epochs } = clock
    const time = clock.advance(packet.timestamp, now)
    if (clock.epochs !== epochs) {
      this.#assembler.finish()
      this.#order.flush()
      emit({ type: 'restart', why: 'timestamp' })
    }
    this.#assembler.receive(packet, lost > 0, time)
  }

  /** The next packet belongs to another stream: delivers what is complete, then waits for a key frame. */
  restart(): void {
    this.#assembler.restart()
    this.#order.flush()
    this.#waitsFor = 'start'
  }

  /** The stream ends: delivers what is complete. */
  end(): void {
    this.#order.flush()
  }

  #take(picture: Picture): void {
    const { format, sync } = this.#options
    const isUsed = picture.isKey ? this.#beginGroup() : this.#goesOn()
    if (!isUsed && this.#waitsFor !== 'start') this.#dropped++
    if (!isUsed || nalSyntaxes[format.codec].isLost(picture.type)) return
    if (picture.isKey) sync.keyFrame()
    this.#order.push(picture)
  }

  /** @returns Whether a key frame has all it needs. */
  #beginGroup(): boolean {
    this.#order.flush()
    if (this.#sets.isChanged) {
      const parameters = this.#sets.parameters()
      this.#hasParameters = parameters !== undefined
      if (parameters !== undefined) {
        this.#options.emit({ type: 'parameters', parameters })
        this.#order.announce(this.#sets.reorderDepth)
      }
    }
    if (!this.#hasParameters) this.#wait('parameters')
    else this.#waitsFor = undefined
    return this.#hasParameters
  }

  /** @returns Whether a picture can follow the one before it. */
  #goesOn(): boolean {
    if (this.#waitsFor !== undefined) return false
    if (this.#sets.isChanged) this.#wait('parameters')
    return this.#waitsFor === undefined
  }

  #wait(why: 'loss' | 'damage' | 'parameters'): void {
    if (this.#waitsFor === why || (this.#waitsFor !== undefined && why !== 'parameters')) return
    this.#waitsFor = why
    // What came before is whole, and nothing that is shown earlier will follow.
    this.#order.flush()
    this.#options.emit({ type: 'waiting', why })
  }

  #deliver({ picture, decodeTime: time, compositionTimeOffset }: OrderedPicture): void {
    const { clock, emit } = this.#options
    const decodeTime = time + Math.round((clock.shiftMs * clock.rate) / 1000)
    const { isKey: isSync, data } = picture
    const sample: MediaSample =
      compositionTimeOffset === 0
        ? { track: 'video', decodeTime, isSync, data }
        : { track: 'video', decodeTime, compositionTimeOffset, isSync, data }
    emit({ type: 'sample', sample })
  }
}
