import { AccessoryClient, type ConnectOptions } from '../accessory-client.ts'
import type { RemoteDatabase } from '../database.ts'
import { HubError, type HubErrorCode, isHubError } from '../errors.ts'
import type { Address } from '../open-socket.ts'
import type { StoredAccessory } from '../store/controller-store.ts'
import type { Announcements } from './announcements.ts'
import { wait } from './wait.ts'

/** How a connection is kept. */
export interface KeepOptions
  extends Pick<ConnectOptions, 'store' | 'accessory' | 'crypto' | 'trace'> {
  /** Ends it all, at any time. */
  readonly signal?: AbortSignal
  /** Where accessories are now, and when they come back; without, only time is waited for. */
  readonly announcements?: Announcements
  /** Told of each connection that was not made, or ended, and when the next is tried. */
  readonly onLost?: (error: unknown, retryMs: number) => void
}

const FIRST_RETRY_MS = 500
const RETRY_GROWTH = 1.5
const MAX_RETRY_MS = 60_000
/** A connection that lasted so long was a good one. */
const GOOD_MS = 10_000

/** What no second attempt can change. */
const FINAL: ReadonlySet<HubErrorCode> = new Set(['HUB_NOT_PAIRED'])

/**
 * Connections to one accessory, one after the other, for ever: the next is made when the loop comes
 * back for it, after half a second, ever later up to a minute, and at once when the accessory
 * announces itself anew, wherever it is then. A connection is closed when the loop comes back, or
 * when the accessory announces that its services have changed.
 *
 * @throws HubError `HUB_NOT_PAIRED`: waiting does not help. The reason of `signal` when it aborts.
 * @example
 * for await (const client of connections({ store, accessory, signal })) {
 *   await client.subscribe(motionCharacteristic(client))
 *   try {
 *     for await (const { value } of client.events()) console.log(value)
 *   } catch (error) {
 *     if (!isHubError(error)) throw error
 *   }
 * }
 */
export async function* connections(
  options: KeepOptions,
): AsyncGenerator<AccessoryClient, never, void> {
  const { signal, announcements, onLost } = options
  const memory = new DatabaseMemory()
  let { accessory } = options
  let retryMs = FIRST_RETRY_MS
  for (;;) {
    const startedAt = performance.now()
    let reason: unknown
    try {
      const client = await connect({ ...options, accessory }, memory)
      accessory = client.accessory
      const forget = closeOnChange(client, announcements)
      try {
        yield client
      } finally {
        forget()
        reason =
          client.signal.reason ??
          new HubError('HUB_CONNECTION_LOST', { message: 'The connection was given up.' })
        client.close()
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!isHubError(error) || FINAL.has(error.code)) throw error
      reason = error
    }
    signal?.throwIfAborted()
    if (performance.now() - startedAt >= GOOD_MS) retryMs = FIRST_RETRY_MS
    onLost?.(reason, retryMs)
    await wait(retryMs, signal, wake => {
      const stop = announcements?.onAnnounced(({ id }) => {
        if (id === accessory.deviceId) wake()
      })
      return stop ?? (() => undefined)
    })
    retryMs = Math.min(retryMs * RETRY_GROWTH, MAX_RETRY_MS)
  }
}

/** The last database, for as long as the accessory announces the number that it was read under. */
class DatabaseMemory {
  #read: { readonly number: number; readonly database: RemoteDatabase } | undefined

  of(number: number | undefined): RemoteDatabase | undefined {
    return this.#read?.number === number ? this.#read?.database : undefined
  }

  keep(number: number | undefined, database: RemoteDatabase): void {
    this.#read = number === undefined ? undefined : { number, database }
  }
}

/** Where it announces itself, at one address after the other, or else where it was. */
async function connect(options: KeepOptions, memory: DatabaseMemory): Promise<AccessoryClient> {
  const { accessory, announcements } = options
  const announced = announcements?.latest(accessory.deviceId)
  const known = memory.of(announced?.configurationNumber)
  const [first, ...others] = addressesOf(announced, accessory)
  let client = connectTo(options, first, known)
  for (const address of others) {
    client = client.catch((error: unknown) => {
      if (!isHubError(error) || error.code !== 'HUB_UNREACHABLE') throw error
      return connectTo(options, address, known)
    })
  }
  const connected = await client
  memory.keep(announced?.configurationNumber, connected.database)
  return connected
}

function connectTo(
  { store, accessory, crypto, signal, trace }: KeepOptions,
  address: Address | undefined,
  database: RemoteDatabase | undefined,
): Promise<AccessoryClient> {
  return AccessoryClient.connect({
    store,
    accessory,
    ...(address && { address }),
    ...(crypto && { crypto }),
    ...(signal && { signal }),
    ...(trace && { trace }),
    ...(database && { database }),
  })
}

/** The one that worked last time comes first. */
function addressesOf(
  announced: { readonly addresses: readonly string[]; readonly port: number } | undefined,
  { host, port }: StoredAccessory,
): Address[] {
  if (announced === undefined) return [{ host, port }]
  const { addresses } = announced
  const hosts = addresses.includes(host) ? [host, ...addresses] : addresses
  return [...new Set(hosts)].map(each => ({ host: each, port: announced.port }))
}

/** @see HomeKit Accessory Protocol R2 §6.6.1: another c# means another database. */
function closeOnChange(
  client: AccessoryClient,
  announcements: Announcements | undefined,
): () => void {
  const { deviceId } = client.accessory
  if (announcements === undefined) return () => undefined
  let number = announcements.latest(deviceId)?.configurationNumber
  return announcements.onAnnounced(({ id, configurationNumber }) => {
    if (id !== deviceId) return
    number ??= configurationNumber
    if (configurationNumber !== number) client.close()
  })
}
