import { setMaxListeners } from 'node:events'

import type { CryptoProvider } from '@hksv/crypto'
import { chooseProvider } from '@hksv/crypto/node'
import type { ControllerIdentity } from '@hksv/hap'

import { isHubError } from '../errors.ts'
import type { Address } from '../open-socket.ts'
import type { StoredAccessory } from '../store/controller-store.ts'
import type { Trace } from '../trace/trace.ts'
import type { ConformOptions } from './options.ts'
import { ExperimentFailed, NotJudged } from './rule.ts'
import { RawSession } from './wire/raw-session.ts'

/** Something that is done to a camera once, and judged by many rules. */
export interface Experiment<T> {
  /** As in "could not …", for people. */
  readonly name: string
  /** The rule that is broken when it fails; all others on it cannot be judged then. */
  readonly rule: string
  readonly run: (lab: Lab) => Promise<T>
}

/** What an experiment came to. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown }

/** How long putting back may take in all. */
const CLEANUP_MS = 15_000

/** A camera under judgement: connections to it, and the evidence that rules share. */
export class Lab {
  readonly options: ConformOptions
  readonly crypto: CryptoProvider
  readonly startedAt: number = performance.now()
  /** The pairing, once there is one. */
  accessory: StoredAccessory | undefined
  #signal: AbortSignal
  readonly #outcomes = new Map<Experiment<unknown>, Promise<Outcome<unknown>>>()
  readonly #cleanups: { readonly what: string; readonly work: () => Promise<void> }[] = []
  readonly #sessions: RawSession[] = []
  #main: RawSession | undefined

  constructor(options: ConformOptions, signal: AbortSignal) {
    this.options = options
    this.crypto = options.crypto ?? chooseProvider()
    this.accessory = options.accessory
    this.#signal = signal
    // Every connection and every wait hangs on it.
    setMaxListeners(0, signal)
  }

  /** Aborted when the run is stopped. */
  get signal(): AbortSignal {
    return this.#signal
  }

  get address(): Address {
    return this.options.address
  }

  /** Where what is said is written down. */
  get trace(): Trace | undefined {
    return this.options.trace
  }

  /** Who this hub is. */
  get identity(): ControllerIdentity {
    return this.options.store.identity
  }

  /** What an experiment came to, done at the first time that somebody asks. */
  attempt<T>(experiment: Experiment<T>): Promise<Outcome<T>> {
    const known = this.#outcomes.get(experiment)
    // Of one experiment all outcomes are of one type.
    if (known !== undefined) return known as Promise<Outcome<T>>
    const outcome = experiment.run(this).then(
      value => ({ value }),
      (error: unknown) => ({ error }),
    )
    this.#outcomes.set(experiment, outcome)
    return outcome
  }

  /** The result of an experiment. @throws NotJudged when it failed: `experiment.rule` says why. */
  async get<T>(experiment: Experiment<T>): Promise<T> {
    const outcome = await this.attempt(experiment)
    if ('value' in outcome) return outcome.value
    this.#signal.throwIfAborted()
    if (outcome.error instanceof NotJudged) throw outcome.error
    // A mistake of ours is none of the camera's.
    if (!isOfCamera(outcome.error)) throw outcome.error
    const message = `could not ${experiment.name}: ${reasonOf(outcome.error)}`
    throw new ExperimentFailed(experiment.rule, message, { cause: outcome.error })
  }

  /** The result of an experiment if it was done, and went well. */
  async peek<T>(experiment: Experiment<T>): Promise<T | undefined> {
    if (!this.#outcomes.has(experiment)) return undefined
    const outcome = await this.attempt(experiment)
    return 'value' in outcome ? outcome.value : undefined
  }

  /** Forgets an experiment: what it found does not hold any more. */
  forget<T>(experiment: Experiment<T>): void {
    this.#outcomes.delete(experiment)
  }

  /** A connection in the clear; closed at the end of the run. @throws HubError */
  async open(): Promise<RawSession> {
    const { crypto, address, signal, trace } = this
    const session = await RawSession.open({ crypto, address, signal, ...(trace && { trace }) })
    this.#sessions.push(session)
    return session
  }

  /** A verified connection, of this hub or of another controller. @throws HubError, HapError, NotJudged */
  async connect(identity: ControllerIdentity = this.identity): Promise<RawSession> {
    return await this.connectTo(this.accessory, identity)
  }

  /** As {@link connect}, to an accessory as it was known. */
  async connectTo(
    accessory: StoredAccessory | undefined,
    identity: ControllerIdentity,
  ): Promise<RawSession> {
    if (accessory === undefined) throw new NotJudged('there is no pairing')
    const session = await this.open()
    const publicKey = new Uint8Array(Buffer.from(accessory.longTermPublicKey, 'hex'))
    await session.verify(identity, { identifier: accessory.deviceId, publicKey })
    return session
  }

  /** The connection that most rules share, made anew when it was lost. */
  async session(): Promise<RawSession> {
    if (this.#main === undefined || this.#main.isClosed) this.#main = await this.connect()
    return this.#main
  }

  /** Waits. @throws The reason of the signal */
  async sleep(ms: number): Promise<void> {
    const { signal } = this
    await new Promise<void>(resolve => {
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      signal.addEventListener('abort', wake)
    })
    signal.throwIfAborted()
  }

  /** Nobody is paired any more: nothing is left to be put back. */
  unpaired(): void {
    this.accessory = undefined
    this.#cleanups.length = 0
  }

  /** Does what the caller of the run gave it to do. @throws NotJudged when that fails */
  async act(name: string, action: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await action(this.signal)
    } catch (cause) {
      this.signal.throwIfAborted()
      throw new NotJudged(`the ${name} failed: ${reasonOf(cause)}`, { cause })
    }
  }

  /** Tells people something while the run goes on. */
  note(text: string): void {
    this.options.onProgress?.({ step: 'note', text })
  }

  /** Does something at the end, the last one first, also when the run is stopped. */
  finally(what: string, work: () => Promise<void>): void {
    this.#cleanups.push({ what, work })
  }

  /** Puts the camera back as it was found. @returns What could not be put back. */
  async close(): Promise<string[]> {
    const timeout = AbortSignal.timeout(CLEANUP_MS)
    // The run's own signal may have been aborted: putting back has one of its own.
    setMaxListeners(0, timeout)
    this.#signal = timeout
    for (const session of this.#sessions) session.close()
    this.#main = undefined
    const failures: string[] = []
    for (const { what, work } of this.#cleanups.toReversed()) {
      try {
        await work()
      } catch (error) {
        failures.push(`${what}: ${reasonOf(error)}`)
      }
    }
    for (const session of this.#sessions) session.close()
    return failures
  }
}

/** Whether an error is what a camera did: its bytes, its answers, its silence. */
export function isOfCamera(error: unknown): boolean {
  if (isHubError(error)) return true
  // Of `@hksv/hap`, `hds`, `tlv8` and `fmp4`: what they throw for bytes of a peer.
  return error instanceof Error && /^(Hap|Hds|Tlv|Fmp4)Error$/.test(error.name)
}

/** Why something failed, as one clause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (isHubError(error) || error.message !== '') return error.message
  return error.name
}
