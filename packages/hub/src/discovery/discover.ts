import { HubError } from '../errors.ts'
import { Inbox } from '../inbox.ts'
import type { Address } from '../open-socket.ts'
import { AccessoryCache, type Discovery } from './accessory-cache.ts'
import type { DiscoveredAccessory } from './discovered-accessory.ts'
import { Ears } from './ears.ts'
import { SERVICE_TYPE } from './message.ts'

/** How long is listened. */
export interface DiscoverOptions {
  /** In milliseconds; without end unless given. */
  readonly timeoutMs?: number
  /** Ends the listening without an error. */
  readonly signal?: AbortSignal
}

const TICK_MS = 1000
/** Questions are asked after 0, 1, 3, 7 s and so on, at most a minute apart. @see RFC 6762 §5.2 */
const MAX_INTERVAL_MS = 60_000
const FIND_MS = 10_000

/**
 * Listens for HomeKit accessories on every interface of this machine: those that are there, those
 * that come, change and go. Leave the loop to stop.
 *
 * Each accessory is `found` once, by its device id, however many addresses and interfaces it has.
 * What breaks the rules is not reported.
 *
 * @example
 * for await (const { change, accessory } of discover({ timeoutMs: 5000 })) {
 *   console.log(change, accessory.name, accessory.addresses[0], accessory.port)
 * }
 */
export async function* discover(options: DiscoverOptions = {}): AsyncGenerator<Discovery> {
  const { timeoutMs, signal } = options
  const cache = new AccessoryCache()
  const inbox = new Inbox<Discovery>()
  const end = new AbortController()
  const stop = () => end.abort()
  const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs)
  signal?.addEventListener('abort', stop)
  if (signal?.aborted === true) stop()
  const ears = new Ears((message, interfaceName) => {
    inbox.push(...cache.receive(message, interfaceName, performance.now()))
  })
  const asking = ask(ears, cache, changes => inbox.push(...changes))
  try {
    while (!end.signal.aborted) yield await inbox.take(end.signal)
  } catch (error) {
    if (!end.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    clearInterval(asking)
    signal?.removeEventListener('abort', stop)
    ears.close()
  }
}

/** Asks for accessories and for what is missing of them, more and more seldom. */
function ask(
  ears: Ears,
  cache: AccessoryCache,
  report: (changes: Discovery[]) => void,
): NodeJS.Timeout {
  let interval = TICK_MS
  let next = 0
  const tick = () => {
    const now = performance.now()
    // Who was asked on other interfaces has to be asked on a new one too.
    if (ears.follow()) [interval, next] = [TICK_MS, now]
    report(cache.tick(now))
    const missing = cache.questions()
    if (now >= next) {
      next = now + interval
      interval = Math.min(interval * 2, MAX_INTERVAL_MS)
      ears.ask([{ name: SERVICE_TYPE, type: 'PTR' }, ...missing.slice(0, 10)])
    }
  }
  tick()
  return setInterval(tick, TICK_MS)
}

/**
 * Looks for one accessory by its device id.
 *
 * @param id In any case of letters.
 * @param options.timeoutMs 10,000 unless given.
 * @returns What it announces, with `host` as the first of its addresses.
 * @throws HubError `HUB_UNREACHABLE` when it does not announce itself in time; the reason of `signal`.
 */
export async function findAccessory(
  id: string,
  options: DiscoverOptions = {},
): Promise<DiscoveredAccessory & Address> {
  const { timeoutMs = FIND_MS, signal } = options
  for await (const { change, accessory } of discover({ ...options, timeoutMs })) {
    const [host] = accessory.addresses
    if (change !== 'lost' && accessory.id === id.toUpperCase() && host !== undefined) {
      return { ...accessory, host }
    }
  }
  signal?.throwIfAborted()
  throw new HubError('HUB_UNREACHABLE', {
    message: `No accessory ${id.toUpperCase()} announces itself on the network. Check that it runs, and that it is on the network of this machine.`,
  })
}
