import type { LiveEnd } from './live-report.ts'

/** Of a camera that sends nothing any more. */
const SILENCE_MS = 10_000
/** A goodbye that nothing follows in this time is meant: encoders say it when they are restarted. */
const GOODBYE_MS = 1000

/** Tells when a camera has ended a live view by itself. All times in ms of one clock. */
export class StreamWatch {
  #expectedFrom = Number.POSITIVE_INFINITY
  #goodbyeAt: number | undefined

  /** Packets are expected from now on. */
  expect(now: number): void {
    this.#expectedFrom = now
  }

  /** None are. */
  pause(): void {
    this.#expectedFrom = Number.POSITIVE_INFINITY
  }

  /** The camera said goodbye. */
  goodbye(now: number): void {
    this.#goodbyeAt = now
  }

  /** @returns How the view has ended, if it has. */
  check(now: number, packetAt: number | undefined): LiveEnd | undefined {
    const lastPacketAt = packetAt ?? Number.NEGATIVE_INFINITY
    if (lastPacketAt > (this.#goodbyeAt ?? now)) this.#goodbyeAt = undefined
    if (now - (this.#goodbyeAt ?? now) >= GOODBYE_MS) return { by: 'camera', reason: 'goodbye' }
    const isSilent = now - Math.max(lastPacketAt, this.#expectedFrom) >= SILENCE_MS
    return isSilent ? { by: 'camera', reason: 'silent' } : undefined
  }
}
