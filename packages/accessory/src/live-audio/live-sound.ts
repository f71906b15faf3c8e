import type { Clock, LiveAudioFormat, LiveAudioFrame, WantedStream } from '@hksv/media'

import type { SourceReader } from '../camera/source-reader.ts'
import type { Log } from '../log.ts'
import { SharedSound } from './shared-sound.ts'

/** What a {@link LiveSound} works with. */
export interface LiveSoundOptions {
  readonly reader: SourceReader
  /** Name or path of ffmpeg. */
  readonly ffmpeg: string
  readonly clock: Clock
  readonly log: Log
}

/** What a viewer wants to hear. */
export interface HeardStream {
  readonly format: LiveAudioFormat
  /** What the viewer sees: the sound belongs to it. */
  readonly wanted: WantedStream | undefined
}

/**
 * The sound of all live views: what several viewers hear in one format is made once, as long as one of
 * them listens. Without sound in the source, or nobody to encode it, there are no frames; the log says so
 * once for each format.
 */
export class LiveSound {
  readonly #options: LiveSoundOptions
  readonly #sounds = new Map<string, SharedSound>()
  /** Of those that nobody hears any more. */
  readonly #closing = new Set<Promise<void>>()

  constructor(options: LiveSoundOptions) {
    this.#options = options
  }

  /**
   * @param hear - Takes the frames in order, with times in units of the format's sample rate on the
   * timeline of the samples that `SourceReader.listen` delivers for the same `wanted`. Must not throw.
   * @returns To be called when nothing more is to be heard; nothing is after that.
   */
  listen({ format, wanted }: HeardStream, hear: (frame: LiveAudioFrame) => void): () => void {
    const { reader } = this.#options
    const { codec, sampleRate, packetTimeMs, bitRateKbps } = format
    const what = [codec, sampleRate, packetTimeMs, bitRateKbps, reader.encodingFor(wanted)]
    const key = JSON.stringify(what)
    const known = this.#sounds.get(key)
    const sound = known ?? new SharedSound(format, this.#options)
    this.#sounds.set(key, sound)
    const stop = sound.add(hear)
    if (known === undefined) sound.start(listener => reader.listen(listener, wanted))
    return () => {
      stop()
      if (sound.isHeard || this.#sounds.get(key) !== sound) return
      this.#sounds.delete(key)
      this.#close(sound)
    }
  }

  /** Nobody hears anything any more. Resolves when no child is left. */
  async close(): Promise<void> {
    for (const sound of this.#sounds.values()) this.#close(sound)
    this.#sounds.clear()
    await Promise.all(this.#closing)
  }

  #close(sound: SharedSound): void {
    const closing = sound.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
