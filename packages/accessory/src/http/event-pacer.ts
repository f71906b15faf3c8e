import type { Characteristic } from '../database/characteristic.ts'
import type { CharacteristicValue } from '../database/value.ts'

const INTERVAL_MS = 1000

/** A change to report. */
export interface PendingEvent {
  readonly instanceId: number
  readonly value: CharacteristicValue
}

/**
 * Decides when one connection hears of changes: the first at once, then at most one message a
 * second with the latest values. Motion, contact and button events never wait, and no two presses
 * become one. Nothing is sent while a request is under way. No timer of its own: ask
 * {@link deadline}.
 */
export class EventPacer {
  readonly #latest = new Map<number, CharacteristicValue>()
  #immediate: PendingEvent[] = []
  #quietUntil = 0

  /** How many wait that cannot be merged with others. */
  get waiting(): number {
    return this.#immediate.length
  }

  /** Notes a change of a characteristic that the connection subscribed to. */
  add(characteristic: Characteristic): void {
    const { instanceId, value, definition } = characteristic
    if (definition.isImmediate) this.#immediate.push({ instanceId, value })
    else this.#latest.set(instanceId, value)
  }

  /** Forgets what was noted for a characteristic that is no longer subscribed to. */
  remove(instanceId: number): void {
    this.#latest.delete(instanceId)
    this.#immediate = this.#immediate.filter(event => event.instanceId !== instanceId)
  }

  /** When {@link take} will have something, or `undefined` for not before another change. */
  deadline(): number | undefined {
    if (this.#immediate.length > 0) return 0
    return this.#latest.size > 0 ? this.#quietUntil : undefined
  }

  /** @returns What to send now in one message, or `undefined`. */
  take(now: number): PendingEvent[] | undefined {
    const due = this.deadline()
    if (due === undefined || due > now) return undefined
    const events: PendingEvent[] = []
    const seen = new Set<number>()
    // One value for each characteristic in a message: a second press is a second message.
    for (;;) {
      const [next] = this.#immediate
      if (next === undefined || seen.has(next.instanceId)) break
      this.#immediate.shift()
      seen.add(next.instanceId)
      events.push(next)
    }
    if (now >= this.#quietUntil) {
      for (const [instanceId, value] of this.#latest) events.push({ instanceId, value })
      if (this.#latest.size > 0) this.#quietUntil = now + INTERVAL_MS
      this.#latest.clear()
    }
    return events
  }
}
