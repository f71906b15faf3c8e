/**
 * Gives services and characteristics their instance ids, and the same ones at every start: a
 * controller's rooms, automations and subscriptions hang on them. An id is never given twice, not
 * even after its owner is gone.
 */
export class InstanceIds {
  readonly #byPlace: Map<string, number>
  #next: number

  constructor(stored: { instanceIds: Record<string, number>; nextInstanceId: number } | undefined) {
    this.#byPlace = new Map(Object.entries(stored?.instanceIds ?? {}))
    this.#next = stored?.nextInstanceId ?? 1
  }

  /** The id of `place`, like `motion` or `motion/statusActive`. */
  of(place: string): number {
    const known = this.#byPlace.get(place)
    if (known !== undefined) return known
    const given = this.#next++
    this.#byPlace.set(place, given)
    return given
  }

  /** For the storage. */
  toStored(): { instanceIds: Record<string, number>; nextInstanceId: number } {
    return { instanceIds: Object.fromEntries(this.#byPlace), nextInstanceId: this.#next }
  }
}
