import {
  Announcements,
  connections,
  type Discovery,
  isHubError,
  type WatchEvent,
  watch,
} from '@hksv/hub'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { iidOf } from './support/camera-database.ts'
import { json, TestAccessory } from './support/test-accessory.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

function announced(accessory: TestAccessory, configurationNumber = 1): Discovery {
  const { host, port } = accessory.address
  return {
    change: 'updated',
    accessory: {
      id: accessory.identity.identifier,
      name: 'Porch',
      addresses: [host],
      port,
      category: 17,
      model: 'Camera',
      configurationNumber,
      isPaired: true,
      featureFlags: 0,
      setupHash: undefined,
    },
  }
}

async function* once(discovery: Discovery) {
  yield discovery
}

/** Everything up to the first event of this type, and it. */
async function upTo(events: AsyncIterator<WatchEvent>, type: WatchEvent['type']) {
  for (;;) {
    const { value } = await events.next()
    if (value.type === type) return value
  }
}

test('waits longer after each failure, up to a minute', async () => {
  const accessory = await TestAccessory.start()
  const paired = await accessory.pairedStore()
  accessory.close()
  const stop = new AbortController()
  const waits: number[] = []
  const onLost = (error: unknown, retryMs: number) => {
    expect(error).toMatchObject({ code: 'HUB_UNREACHABLE' })
    waits.push(retryMs)
    if (waits.length === 15) stop.abort(new Error('enough'))
    else void vi.advanceTimersByTimeAsync(retryMs)
  }
  await expect(connections({ ...paired, signal: stop.signal, onLost }).next()).rejects.toThrow(
    'enough',
  )
  expect(waits.slice(0, 4)).toEqual([500, 750, 1125, 1687.5])
  expect(waits.at(-1)).toBe(60_000)
  expect(vi.getTimerCount()).toBe(0)
})

test('comes back at once when the accessory announces itself on another port', async () => {
  const accessory = await TestAccessory.start()
  const { store, accessory: stored } = await accessory.pairedStore()
  const announcements = new Announcements()
  const options = {
    store,
    accessory: { ...stored, port: 1 },
    announcements,
    onLost: () => void announcements.follow(once(announced(accessory))),
  }
  for await (const client of connections(options)) {
    expect(client.address).toEqual(accessory.address)
    expect((await store.find(stored.deviceId))?.port).toBe(accessory.address.port)
    break
  }
})

test('tries every address that is announced', async () => {
  const accessory = await TestAccessory.start()
  const paired = await accessory.pairedStore()
  const announcements = new Announcements()
  const { change, accessory: porch } = announced(accessory)
  // Nothing listens there.
  const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.1']
  await announcements.follow(once({ change, accessory: { ...porch, addresses } }))
  const stored = { ...paired.accessory, host: '127.0.0.3' }
  for await (const client of connections({ ...paired, accessory: stored, announcements })) {
    expect(client.address.host).toBe('127.0.0.1')
    break
  }
})

test('reads the database once for each configuration number', async () => {
  const accessory = await TestAccessory.start()
  const paired = await accessory.pairedStore()
  const announcements = new Announcements()
  await announcements.follow(once(announced(accessory, 7)))
  const onLost = (_: unknown, retryMs: number) => void vi.advanceTimersByTimeAsync(retryMs)
  const reads = () => accessory.requests.filter(({ path }) => path === '/accessories').length
  const counts: number[] = []
  for await (const client of connections({ ...paired, announcements, onLost })) {
    counts.push(reads())
    if (counts.length === 2) {
      const closed = new Promise(resolve => client.signal.addEventListener('abort', resolve))
      await announcements.follow(once(announced(accessory, 8)))
      await closed
    }
    if (counts.length === 3) break
  }
  expect(counts).toEqual([1, 1, 2])
})

test('gives up when the accessory has forgotten us', async () => {
  const accessory = await TestAccessory.start()
  const paired = await accessory.pairedStore()
  accessory.pairings.length = 0
  await expect(connections(paired).next()).rejects.toMatchObject({ code: 'HUB_NOT_PAIRED' })
})

test('subscribes again after a reconnection, and loses no change in between', async () => {
  const accessory = await TestAccessory.start()
  const paired = await accessory.pairedStore()
  const motion = iidOf(accessory.services, 60, 'motionDetected')
  const isWanted = ({ iid }: { iid: number }) => iid === motion
  const events = watch({ ...paired, isWanted })
  expect(await upTo(events, 'value')).toMatchObject({ isInitial: true, reading: { value: false } })
  accessory.change(motion, true)
  expect(await upTo(events, 'value')).toMatchObject({ isInitial: false, reading: { value: true } })
  for (const { socket } of accessory.sessions.splice(0)) socket.destroy()
  accessory.characteristic(motion).value = false
  const lost = await upTo(events, 'lost')
  expect(lost.type === 'lost' && isHubError(lost.error)).toBe(true)
  await vi.advanceTimersByTimeAsync(500)
  expect(await upTo(events, 'value')).toMatchObject({ isInitial: true, reading: { value: false } })
  accessory.change(motion, true)
  expect(await upTo(events, 'value')).toMatchObject({ isInitial: false, reading: { value: true } })
  await events.return(undefined as never)
  expect(vi.getTimerCount()).toBe(0)
})

test('a characteristic that refuses to report does not disturb the others', async () => {
  const accessory = await TestAccessory.start()
  const paired = await accessory.pairedStore()
  const motion = iidOf(accessory.services, 60, 'motionDetected')
  accessory.intervene = ({ method, path, body }, http) => {
    if (method !== 'PUT' || path !== '/characteristics') return undefined
    const { characteristics } = JSON.parse(body.toString())
    http.subscriptions.add(`1.${motion}`)
    const answers = characteristics.map(({ aid, iid }: { aid: number; iid: number }) => ({
      aid,
      iid,
      status: iid === motion ? 0 : -70406,
    }))
    return json(207, { characteristics: answers })
  }
  const events = watch(paired)
  await upTo(events, 'value')
  accessory.change(motion, true)
  for (;;) {
    const event = await upTo(events, 'value')
    if (event.type === 'value' && !event.isInitial) {
      expect(event.reading).toMatchObject({ value: true, characteristic: { iid: motion } })
      break
    }
  }
  await events.return(undefined as never)
})
