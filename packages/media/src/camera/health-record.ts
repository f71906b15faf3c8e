import type { SourceHealth } from '../source.ts'

/** What a stream has counted until now. */
export interface StreamStatistics {
  readonly packets: number
  readonly lost: number
  readonly dropped: number
}

/** Adds up what the streams of a source count, one after the other or several at once. */
export class HealthRecord {
  readonly #running = new Set<{ readonly statistics: StreamStatistics }>()
  #past: StreamStatistics = { packets: 0, lost: 0, dropped: 0 }
  #connections = 0
  #hasFailed = false

  get value(): SourceHealth {
    const { packets, lost, dropped } = [...this.#running].reduce(
      (sum, { statistics }) => added(sum, statistics),
      this.#past,
    )
    return {
      isWell: !this.#hasFailed,
      reconnects: Math.max(0, this.#connections - 1),
      packets,
      packetsLost: lost,
      picturesDropped: dropped,
    }
  }

  /** A stream has begun to come. @returns To be called when it is over. */
  began(stream: { readonly statistics: StreamStatistics }): () => void {
    if (this.#hasFailed || this.#connections === 0) this.#connections++
    this.#running.add(stream)
    return () => {
      if (this.#running.delete(stream)) this.#past = added(this.#past, stream.statistics)
    }
  }

  /** Nobody took a picture in time. */
  dropped(): void {
    this.#past = { ...this.#past, dropped: this.#past.dropped + 1 }
  }

  /** A picture came. */
  goesWell(): void {
    this.#hasFailed = false
  }

  /** The source broke off, or could not be reached. */
  failed(): void {
    this.#hasFailed = true
  }
}

function added(one: StreamStatistics, other: StreamStatistics): StreamStatistics {
  return {
    packets: one.packets + other.packets,
    lost: one.lost + other.lost,
    dropped: one.dropped + other.dropped,
  }
}
