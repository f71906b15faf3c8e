import type { AccessoryClient } from '../accessory-client.ts'
import type { Reading } from '../characteristic-requests.ts'
import type { RemoteCharacteristic } from '../database.ts'
import { isHubError } from '../errors.ts'
import { Inbox } from '../inbox.ts'
import { connections, type KeepOptions } from './connections.ts'

/** What happens at an accessory. */
export type WatchEvent =
  | { readonly type: 'connected'; readonly client: AccessoryClient }
  /** A value: as it was when connected (`isInitial`), or as it was reported. */
  | { readonly type: 'value'; readonly reading: Reading; readonly isInitial: boolean }
  /** No connection; the next is tried in `retryMs`, or when the accessory comes back. */
  | { readonly type: 'lost'; readonly error: unknown; readonly retryMs: number }

/** What to watch. */
export interface WatchOptions extends Omit<KeepOptions, 'onLost'> {
  /** Which characteristics of those that can report; all unless given. */
  readonly isWanted?: (characteristic: RemoteCharacteristic) => boolean
}

/** How often a connection that says nothing is asked for its values. */
const PULSE_MS = 60_000

/**
 * Everything that an accessory reports, for ever: subscribed to again after each reconnection.
 *
 * @throws As {@link connections}.
 * @example
 * for await (const event of watch({ store, accessory, signal })) {
 *   if (event.type === 'value') console.log(event.reading.characteristic.name, event.reading.value)
 * }
 */
export async function* watch(options: WatchOptions): AsyncGenerator<WatchEvent, never, void> {
  const inbox = new Inbox<WatchEvent>()
  const stop = new AbortController()
  const cancelled = () => stop.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', cancelled)
  if (options.signal?.aborted === true) cancelled()
  const watching = run({ ...options, signal: stop.signal }, inbox)
  try {
    for (;;) yield await inbox.take(options.signal)
  } finally {
    options.signal?.removeEventListener('abort', cancelled)
    stop.abort(new Error('Nobody watches any more.'))
    await watching
  }
}

async function run(options: WatchOptions, inbox: Inbox<WatchEvent>): Promise<void> {
  const { isWanted = () => true, ...kept } = options
  const onLost = (error: unknown, retryMs: number) => inbox.push({ type: 'lost', error, retryMs })
  try {
    for await (const client of connections({ ...kept, onLost })) {
      inbox.push({ type: 'connected', client })
      await report(client, isWanted, inbox).catch((error: unknown) => {
        if (!isHubError(error) && !client.signal.aborted) throw error
      })
    }
  } catch (error) {
    inbox.end(error)
  }
}

async function report(
  client: AccessoryClient,
  isWanted: (characteristic: RemoteCharacteristic) => boolean,
  inbox: Inbox<WatchEvent>,
): Promise<void> {
  const wanted = client.database.services
    .flatMap(({ characteristics }) => characteristics)
    .filter(each => each.perms.includes('ev') && isWanted(each))
  const readable = wanted.filter(({ perms }) => perms.includes('pr'))
  const events = client.events()
  const pulse = setInterval(() => void client.read(readable).catch(() => undefined), PULSE_MS)
  try {
    // Some claim to report what they refuse to.
    await client.subscribeAll(wanted)
    for (const reading of await client.read(readable)) {
      inbox.push({ type: 'value', reading, isInitial: true })
    }
    for await (const reading of events) inbox.push({ type: 'value', reading, isInitial: false })
  } finally {
    clearInterval(pulse)
    await events.return?.()
  }
}
