import { LiveAudio, type LiveAudioFrame, type LiveAudioOptions, type MediaError } from '@hksv/media'

/** A format that Apple's hubs ask for. */
export const opus16 = { codec: 'opus', sampleRate: 16_000, packetTimeMs: 20 } as const

/** Hears what comes out of a {@link LiveAudio}. */
export class Listener implements AsyncDisposable {
  readonly frames: LiveAudioFrame[] = []
  readonly failures: MediaError[] = []
  readonly sound: LiveAudio
  #wake: (() => void) | undefined

  constructor(options: Pick<LiveAudioOptions, 'from'> & Partial<LiveAudioOptions>) {
    this.sound = new LiveAudio({
      to: opus16,
      onFrame: frame => {
        this.frames.push(frame)
        this.#wake?.()
      },
      onFailure: error => {
        this.failures.push(error)
        this.#wake?.()
      },
      ...options,
    })
  }

  /** Pushes frames that follow each other. @returns When the next one begins. */
  play(frames: readonly Uint8Array[], samples: number, startTime = 0): number {
    for (const [i, frame] of frames.entries()) this.sound.push(startTime + i * samples, frame)
    return startTime + frames.length * samples
  }

  /**
   * Resolves when it is so.
   * @throws MediaError when the sound broke off oftener than it may.
   */
  async until(condition: (listener: this) => boolean, failures = 0): Promise<void> {
    while (!condition(this)) {
      if (this.failures.length > failures) throw this.failures[0]
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  /** The steps from each frame to the next, each of them once. */
  get steps(): number[] {
    const times = this.frames.map(({ decodeTime }) => decodeTime)
    return [...new Set(times.slice(1).map((time, i) => time - (times[i] ?? 0)))]
  }

  get packets(): Uint8Array[] {
    return this.frames.map(({ data }) => data)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sound[Symbol.asyncDispose]()
  }
}
