/**
 * A protocol without sockets, clocks or timers.
 *
 * Call in this order: feed what came in with {@link Machine.receive} or what the program wants with
 * {@link Machine.send}, act on the events they return, then write what {@link Machine.take} yields
 * until it yields nothing, and call {@link Machine.tick} when {@link Machine.deadline} has come.
 */
export interface Machine<Command, Event> {
  /**
   * Takes bytes of the peer, at the time `now` (milliseconds of any monotonic clock).
   *
   * @throws The package's error class when the peer broke the protocol.
   */
  receive(bytes: Uint8Array, now: number): Event[]
  /** Takes a wish of the program. */
  send(command: Command, now: number): Event[]
  /** @returns The next bytes to write, owned by the caller, or `undefined` when there are none. */
  take(): Uint8Array | undefined
  /** @returns When to call {@link Machine.tick}, or `undefined` for never. */
  deadline(): number | undefined
  /** Lets time pass. */
  tick(now: number): Event[]
}
