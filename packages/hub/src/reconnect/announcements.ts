import type { Discovery } from '../discovery/accessory-cache.ts'
import type { DiscoveredAccessory } from '../discovery/discovered-accessory.ts'

/**
 * What accessories announced last, for all who wait for one of them: one listener on the network
 * serves any number of connections.
 *
 * @example
 * const announcements = new Announcements()
 * void announcements.follow(discover({ signal }))
 */
export class Announcements {
  readonly #latest = new Map<string, DiscoveredAccessory>()
  readonly #listeners = new Set<(accessory: DiscoveredAccessory) => void>()

  /** Takes announcements in until there are no more. @throws What `discoveries` throws. */
  async follow(discoveries: AsyncIterable<Discovery>): Promise<void> {
    for await (const { change, accessory } of discoveries) {
      if (change === 'lost') {
        this.#latest.delete(accessory.id)
        continue
      }
      this.#latest.set(accessory.id, accessory)
      for (const listener of this.#listeners) listener(accessory)
    }
  }

  /** What an accessory announces, if it does. @param id In upper case. */
  latest(id: string): DiscoveredAccessory | undefined {
    return this.#latest.get(id)
  }

  /** Calls `listener`, which may not throw, with each change until the returned function is called. */
  onAnnounced(listener: (accessory: DiscoveredAccessory) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
