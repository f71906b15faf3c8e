import type { CryptoProvider } from '@hksv/crypto'
import { chooseProvider } from '@hksv/crypto/node'

import { AccessoryClient } from '../accessory-client.ts'
import { HubError } from '../errors.ts'
import type { Address } from '../open-socket.ts'
import { pair } from '../pairing.ts'
import type { HubProfile } from '../profiles/profile.ts'
import { type ProfileName, profiles } from '../profiles/profiles.ts'
import { ControllerStore } from '../store/controller-store.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { PairingStore } from '../store/pairing-store.ts'
import { Trace } from '../trace/trace.ts'
import type { TraceSink } from '../trace/trace-entry.ts'
import { scoped, unless } from './scope.ts'
import { type StepOptions, TestCamera } from './test-camera.ts'

/** How long a camera has to let a hub go that is closed. */
const LEAVE_MS = 2000

/** What a hub is started with. All of it is optional. */
export interface TestHubOptions {
  /** Keeps identity and pairings there; without, in memory, and nothing is left on the disk. */
  readonly directory?: string
  /** Pace and manners; `quick` unless given. */
  readonly profile?: ProfileName | HubProfile
  readonly crypto?: CryptoProvider
  /** Is given what is said, message by message, but for what is secret; see `Trace`. */
  readonly trace?: TraceSink
  /** Ends everything when it aborts, at any time. */
  readonly signal?: AbortSignal
}

/** A camera to pair with. */
export interface TestPairing extends Address {
  /** The setup code: eight digits, in any form. */
  readonly code: string
  /** The announced device id, if it is known: another accessory is refused. */
  readonly deviceId?: string
  readonly signal?: AbortSignal
}

/**
 * Starts a home hub for a test. It opens no port, announces nothing, and needs no network but the one
 * to the camera.
 *
 * @throws HubError `HUB_STORE_DAMAGED`, `HUB_STORE_UNUSABLE` with `directory`; RangeError for an
 * unknown profile.
 * @example
 * await using hub = await startHub()
 * const camera = await hub.pair({ host: '127.0.0.1', port: 51826, code: '031-45-154' })
 * await camera.arm()
 * const clip = await camera.record({ trigger: () => plugin.raiseMotion() })
 * assert.deepEqual(clip.findings, [])
 */
export async function startHub(options: TestHubOptions = {}): Promise<TestHub> {
  const { directory, crypto = chooseProvider(), profile = 'quick' } = options
  options.signal?.throwIfAborted()
  const store =
    directory === undefined
      ? new MemoryStore(crypto)
      : await ControllerStore.open(directory, crypto)
  const { signal, trace } = options
  return new TestHub({
    store,
    crypto,
    profile: profileOf(profile),
    trace: trace && new Trace(trace),
    signal,
  })
}

interface Parts {
  readonly store: PairingStore
  readonly crypto: CryptoProvider
  readonly profile: HubProfile
  readonly trace: Trace | undefined
  readonly signal: AbortSignal | undefined
}

/** A home hub for tests; see {@link startHub}. */
export class TestHub {
  readonly store: PairingStore
  readonly profile: HubProfile
  readonly #crypto: CryptoProvider
  readonly #trace: Trace | undefined
  readonly #stop = new AbortController()
  readonly #parent: AbortSignal | undefined
  readonly #cameras = new Set<TestCamera>()
  /** Those that nobody else will know how to leave. */
  readonly #guests = new Set<TestCamera>()

  /** Called by {@link startHub}. */
  constructor({ store, crypto, profile, trace, signal }: Parts) {
    this.store = store
    this.profile = profile
    this.#crypto = crypto
    this.#trace = trace
    this.#parent = signal
    signal?.addEventListener('abort', this.#aborted)
  }

  /** Aborted when the hub is closed. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /**
   * Pairs with a camera and connects to it.
   *
   * @throws HapError `SETUP_CODE_FORMAT`, `SETUP_CODE_FORBIDDEN`
   * @throws HubError As `pair` and `AccessoryClient.connect`
   */
  pair(pairing: TestPairing): Promise<TestCamera> {
    const { code, signal, ...where } = pairing
    return scoped([signal, this.signal], async scope => {
      const { store } = this
      const crypto = this.#crypto
      const trace = this.#trace
      const options = { store, crypto, setupCode: code, signal: scope.signal, ...where }
      const accessory = await pair({ ...options, ...(trace && { trace }) })
      const camera = await this.#connect(accessory)
      if (store instanceof MemoryStore) this.#guests.add(camera)
      return camera
    })
  }

  /**
   * Connects to a camera that this hub is paired with.
   *
   * @param deviceId Needless if there is one.
   * @throws HubError `HUB_NOT_PAIRED` when it is not, and as `AccessoryClient.connect`
   */
  async connect(deviceId?: string, { signal }: StepOptions = {}): Promise<TestCamera> {
    const { store } = this
    const [first] = await store.accessories()
    const accessory = deviceId === undefined ? first : await store.find(deviceId)
    if (accessory === undefined) {
      const message = `This hub is not paired with ${deviceId ?? 'anything'}. Pair it first.`
      throw new HubError('HUB_NOT_PAIRED', { message })
    }
    const signals = [signal, this.signal]
    return scoped(signals, scope => unless(scope.signal, this.#connect(accessory)))
  }

  /**
   * Ends all connections. What was paired with by a hub without a directory is unpaired, as far as it
   * can be reached: a camera that outlives the test is free again.
   */
  async close(): Promise<void> {
    if (this.signal.aborted) return
    await Promise.all([...this.#guests].map(leave))
    this.#end(new HubError('HUB_CONNECTION_LOST', { message: 'The hub was closed.' }))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #connect(accessory: TestCamera['accessory']): Promise<TestCamera> {
    const { store, signal, profile } = this
    const crypto = this.#crypto
    const trace = this.#trace
    const options = { store, crypto, accessory, signal, ...(trace && { trace }) }
    const client = await AccessoryClient.connect(options)
    const camera = new TestCamera({ client, store, profile, signal })
    this.#cameras.add(camera)
    return camera
  }

  readonly #aborted = (): void => this.#end(this.#parent?.reason)

  #end(reason: unknown): void {
    this.#parent?.removeEventListener('abort', this.#aborted)
    this.#stop.abort(reason)
    for (const camera of this.#cameras) camera.close()
    this.#cameras.clear()
  }
}

/** A camera that is gone, or unpaired, or hangs, is left as it is. */
async function leave(camera: TestCamera): Promise<void> {
  const timeout = AbortSignal.timeout(LEAVE_MS)
  await camera.unpair({ signal: timeout }).catch(() => undefined)
}

function profileOf(profile: ProfileName | HubProfile): HubProfile {
  if (typeof profile !== 'string') return profile
  if (Object.hasOwn(profiles, profile)) return profiles[profile]
  const known = Object.keys(profiles).join(', ')
  throw new RangeError(`There is no profile "${profile}"; there are ${known}.`)
}
