import { mkdir } from 'node:fs/promises'
import { HubError, isHubError } from '../errors.ts'
import { wait } from '../reconnect/wait.ts'
import type { StoredAccessory } from '../store/controller-store.ts'
import { systemReason } from '../store/secure-file.ts'
import { lockVault, type VaultLock } from './lock.ts'
import { hasFfmpeg } from './poster.ts'
import { keepCamera, type VaultContext } from './vault-camera.ts'
import { tidy } from './vault-directory.ts'
import type { VaultOptions } from './vault-options.ts'

const MAX_CLIP_MS = 180_000
const QUIET_MS = 8000
/** How often the store is looked at for new pairings. */
const STORE_MS = 10_000
/** How often the directory is put in order, apart from after each clip. */
const TIDY_MS = 60_000

/**
 * Keeps every camera of a store armed, and records what moves in front of them, each event to a clip
 * of its own, until `signal` aborts. A camera that is away does not stop the others, and neither does
 * a full disk: recording goes on when there is room.
 *
 * A clip grows as `NAME.part.mp4`, each fragment on the disk before the next one is taken. What kill
 * -9 or a power cut leaves is cut after its last whole fragment and gets its name at the next start.
 *
 * @throws HubError `HUB_VAULT_IN_USE` when another recorder has the directory, `HUB_CLIP_UNWRITABLE`
 * when it cannot be used, `HUB_STORE_DAMAGED`, `HUB_STORE_UNUSABLE`
 * @example
 * await keepVault({ store, directory: 'clips', maxBytes: 10e9, signal, onEvent: console.log })
 */
export async function keepVault(options: VaultOptions): Promise<void> {
  const { directory, signal, ffmpeg = 'ffmpeg' } = options
  const lock = await openDirectory(directory)
  try {
    const keeper = new Keeper(options, (await hasFfmpeg(ffmpeg)) ? ffmpeg : undefined)
    await keeper.tidy()
    await keeper.run(await options.store.accessories(), signal)
  } finally {
    await lock.release()
  }
}

class Keeper {
  readonly #options: VaultOptions
  readonly #context: VaultContext
  /** By device id: which pairing it is, and what ends the work. */
  readonly #cameras = new Map<string, { pairedAt: string; stop: AbortController }>()
  readonly #work = new Set<Promise<void>>()
  #tidying: Promise<void> = Promise.resolve()

  constructor(options: VaultOptions, ffmpeg: string | undefined) {
    const { store, directory, arm = {}, maxClipMs = MAX_CLIP_MS, quietMs = QUIET_MS } = options
    this.#options = options
    this.#context = {
      store,
      directory,
      arm,
      maxClipMs,
      quietMs,
      onEvent: options.onEvent ?? (() => undefined),
      options,
      ffmpeg,
      active: new Set(),
      later: work => this.#later(work),
    }
  }

  async run(accessories: readonly StoredAccessory[], signal: AbortSignal): Promise<void> {
    const tidying = setInterval(() => void this.tidy(), TIDY_MS)
    try {
      this.#follow(accessories)
      while (!signal.aborted) {
        await wait(STORE_MS, signal)
        this.#follow(await this.#accessories())
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      clearInterval(tidying)
      for (const { stop } of this.#cameras.values()) stop.abort(signal.reason)
      await Promise.all(this.#work)
      await this.tidy()
    }
  }

  /** One at a time, whoever asks, and never beside what {@link VaultContext} calls `later`. */
  tidy(): Promise<void> {
    this.#tidying = this.#tidying.then(() => this.#tidy())
    return this.#tidying
  }

  #later(work: () => Promise<void>): void {
    this.#tidying = this.#tidying.then(work).catch((error: unknown) => {
      this.#context.onEvent({ event: 'failed', message: `${systemReason(error)}.` })
    })
    void this.tidy()
  }

  async #tidy(): Promise<void> {
    const { directory, active, onEvent } = this.#context
    try {
      const done = await tidy(directory, this.#options, active, new Date())
      for (const each of done.adopted) onEvent({ event: 'adopted', ...each })
      for (const { path, cause } of done.failed) {
        const message = `Cannot put ${path} in order: ${systemReason(cause)}. It is tried again.`
        onEvent({ event: 'failed', message })
      }
      for (const path of done.removed) onEvent({ event: 'removed', path })
      onEvent({ event: 'kept', clips: done.clips, bytes: done.bytes })
    } catch (error) {
      const message = `Cannot put ${directory} in order: ${systemReason(error)}. It is tried again.`
      onEvent({ event: 'failed', message })
    }
  }

  /** A store that cannot be read now may be readable later: those that are known go on. */
  async #accessories(): Promise<readonly StoredAccessory[] | undefined> {
    try {
      return await this.#options.store.accessories()
    } catch (error) {
      if (!isHubError(error)) throw error
      this.#context.onEvent({ event: 'failed', message: error.message })
      return undefined
    }
  }

  #follow(accessories: readonly StoredAccessory[] | undefined): void {
    if (accessories === undefined) return
    const current = new Map(accessories.map(each => [each.deviceId, each]))
    for (const [deviceId, { pairedAt, stop }] of this.#cameras) {
      if (current.get(deviceId)?.pairedAt === pairedAt) continue
      stop.abort(new Error('The pairing has ended.'))
      this.#cameras.delete(deviceId)
    }
    for (const accessory of accessories) {
      if (this.#cameras.has(accessory.deviceId)) continue
      const stop = new AbortController()
      this.#cameras.set(accessory.deviceId, { pairedAt: accessory.pairedAt, stop })
      const work = keepCamera(this.#context, accessory, stop.signal)
      this.#work.add(work)
      void work.finally(() => this.#work.delete(work))
    }
  }
}

async function openDirectory(directory: string): Promise<VaultLock> {
  try {
    await mkdir(directory, { recursive: true })
    return await lockVault(directory)
  } catch (cause) {
    if (isHubError(cause)) throw cause
    throw new HubError('HUB_CLIP_UNWRITABLE', {
      message: `Cannot use ${directory}: ${systemReason(cause)}. Choose another directory.`,
      cause,
    })
  }
}
