import { initSegment } from '@hksv/fmp4'
import { movieTracks, type SourceDescription } from '@hksv/media'

/** The time during which a source goes on with what it began: one init segment fits all of it. */
export class Timeline {
  readonly description: SourceDescription
  /** Number of its first fragment. */
  readonly firstNumber: number
  readonly #over = new AbortController()
  #endNumber = Number.POSITIVE_INFINITY
  /** Without and with audio. */
  readonly #initSegments = new Map<boolean, Uint8Array>()

  constructor(description: SourceDescription, firstNumber: number) {
    this.description = description
    this.firstNumber = firstNumber
  }

  /** Aborted when what comes does not continue what was recorded. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  /** @param number Of the first fragment that is not of it any more. */
  end(number: number): void {
    this.#endNumber = number
    this.#over.abort()
  }

  /** Number of the first fragment that is not of it any more. */
  get endNumber(): number {
    return this.#endNumber
  }

  /** What a recording begins with: `ftyp` and `moov`. Written once, and sent again: do not change it. */
  initSegment(withAudio: boolean): Uint8Array {
    const init = this.#initSegments.get(withAudio) ?? writeInitSegment(this.description, withAudio)
    this.#initSegments.set(withAudio, init)
    return init
  }
}

function writeInitSegment(description: SourceDescription, withAudio: boolean): Uint8Array {
  const { video, audio } = movieTracks(description)
  return initSegment(withAudio && audio !== undefined ? { video, audio } : { video })
}
