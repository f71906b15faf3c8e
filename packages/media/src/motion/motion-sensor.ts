/** Told of motion, unless it says that somebody rings. */
export type Seen = (what?: 'motion' | 'ring') => void

/** Whatever sees motion by itself, besides the pictures of the source. */
export interface MotionSensor {
  /** Names it in records and logs; never with a password. */
  readonly name: string
  /**
   * Calls `seen` each time that it sees motion, and again while it lasts, until the signal aborts; with
   * `ring` each time that somebody rings.
   *
   * @throws MediaError when it cannot go on; whoever calls tries again, later.
   */
  watch(seen: Seen, signal: AbortSignal): Promise<void>
}
