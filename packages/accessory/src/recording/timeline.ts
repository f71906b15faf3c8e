import { initSegment } from '@hksv/fmp4'
import type { SourceDescription } from '@hksv/media'

/** The time during which a source goes on with what it began: one init segment fits all of it. */
export class Timeline {
  readonly description: SourceDescription
  readonly #over = new AbortController()
  /** Without and with audio. */
  readonly #initSegments = new Map<boolean, Uint8Array>()

  constructor(description: SourceDescription) {
    this.description = description
  }

  /** Aborted when what comes does not continue what was recorded. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  end(): void {
    this.#over.abort()
  }

  /** What a recording begins with: `ftyp` and `moov`. Written once, and sent again: do not change it. */
  initSegment(withAudio: boolean): Uint8Array {
    const init = this.#initSegments.get(withAudio) ?? writeInitSegment(this.description, withAudio)
    this.#initSegments.set(withAudio, init)
    return init
  }
}

function writeInitSegment({ video, audio }: SourceDescription, withAudio: boolean): Uint8Array {
  const { sps, pps, width, height, timescale } = video
  return initSegment({
    video: { codec: 'avc1', trackId: 1, timescale, width, height, sps, pps },
    ...(withAudio && audio !== undefined
      ? {
          audio: {
            codec: 'mp4a',
            trackId: 2,
            sampleRate: audio.sampleRate,
            channels: audio.channels,
            audioSpecificConfig: audio.audioSpecificConfig,
          },
        }
      : {}),
  })
}
