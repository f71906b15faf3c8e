import { type PairingError, pairingError } from './pairing-message.ts'

const MAX_FAILED_ATTEMPTS = 100
const TAKEOVER_MS = 30_000

/** What asks for the procedure: the machine of one connection. */
export interface PairSetupSession {
  /** Called when the session loses the procedure: begin again, without secrets. */
  close?(): void
}

/**
 * Decides which connection may run pair-setup. One per accessory, shared by the machines of all its
 * connections.
 *
 * @see HomeKit Accessory Protocol R2 §5.6.2
 */
export class PairSetupGate {
  #isPaired: boolean
  #failedAttempts: number
  #owner: { readonly session: PairSetupSession; readonly since: number } | undefined

  /** @param options.failedAttempts As persisted: the limit outlives restarts. */
  constructor(options: { isPaired: boolean; failedAttempts: number }) {
    this.#isPaired = options.isPaired
    this.#failedAttempts = options.failedAttempts
  }

  /**
   * Set it when the first pairing is stored and unset it when the last one is gone. Setting it ends
   * a procedure that is under way.
   */
  get isPaired(): boolean {
    return this.#isPaired
  }

  set isPaired(isPaired: boolean) {
    this.#isPaired = isPaired
    if (!isPaired) return
    // Whoever paired is done, though its connection may stay; whoever was about to is too late.
    const owner = this.#owner
    this.#owner = undefined
    owner?.session.close?.()
  }

  /** Wrong codes since the last right one. */
  get failedAttempts(): number {
    return this.#failedAttempts
  }

  /**
   * Asks for the procedure on behalf of `session`. A holder of 30 s and more loses it and is closed.
   *
   * @returns Why not, in the order in which accessories refuse, or `undefined` when granted.
   */
  claim(session: PairSetupSession, now: number): PairingError | undefined {
    if (this.#isPaired) return pairingError.unavailable
    if (this.#failedAttempts >= MAX_FAILED_ATTEMPTS) return pairingError.maxTries
    const other = this.#owner?.session === session ? undefined : this.#owner
    if (other !== undefined && now - other.since < TAKEOVER_MS) return pairingError.busy
    this.#owner = { session, since: now }
    other?.session.close?.()
    return undefined
  }

  /** @returns Whether `session` is the one that pairs now. */
  isHeldBy(session: PairSetupSession): boolean {
    return this.#owner?.session === session
  }

  /** Lets nobody take over any more: `session` has paired, and its pairing is being stored. */
  finish(session: PairSetupSession): void {
    if (this.#owner?.session === session) this.#owner = { session, since: Number.POSITIVE_INFINITY }
  }

  /** Gives the procedure back, if `session` holds it. */
  release(session: PairSetupSession): void {
    if (this.#owner?.session === session) this.#owner = undefined
  }

  /** @returns The new count. */
  countFailure(): number {
    this.#failedAttempts = Math.min(this.#failedAttempts + 1, MAX_FAILED_ATTEMPTS)
    return this.#failedAttempts
  }

  /** @returns Whether there was anything to clear. */
  clearFailures(): boolean {
    const had = this.#failedAttempts > 0
    this.#failedAttempts = 0
    return had
  }
}
