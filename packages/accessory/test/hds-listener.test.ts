import { connect, type Socket } from 'node:net'

import { expect, test } from 'vitest'

import type { HapClient } from './client.ts'
import { HdsClient, setUpDataStream } from './support/hds-client.ts'
import { ready } from './support/requests.ts'
import { pass, virtualTime } from './support/virtual-hub.ts'

/** A paired camera, and how to ask it for a data stream. */
async function streaming() {
  const { client, iid, port, admin } = await ready()
  const setup = iid('dataStreamTransportManagement', 'setupDataStreamTransport')
  const setUp = (from: HapClient = client) => setUpDataStream(from, setup)
  return { setUp, client, another: () => admin.connect(port) }
}

type Expected = Awaited<ReturnType<typeof setUpDataStream>>

/** Says hello. @returns Whether it was answered. */
async function isAnswered(expected: Expected): Promise<boolean> {
  const client = new HdsClient(expected)
  const answered = client.next('ready').then(
    () => true,
    () => false,
  )
  return answered
}

/** A connection that says nothing, and when it ends. */
async function silent({ port }: Expected): Promise<{ socket: Socket; closed: Promise<void> }> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => undefined)
  const closed = new Promise<void>(resolve => socket.on('close', () => resolve()))
  await new Promise<void>(resolve => socket.on('connect', resolve))
  return { socket, closed }
}

/** Connects and leaves again. @returns Whether somebody listened. */
function takesConnections(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.end())
    socket.resume()
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(true))
  })
}

test('knows whose a connection is by its keys, in whatever order they come', async () => {
  const { setUp, another } = await streaming()
  const other = await another()
  const first = await setUp()
  const second = await setUp(other)
  expect(second.port).toBe(first.port)
  const later = new HdsClient(second)
  await later.next('ready')
  await new HdsClient(first).next('ready')
  other.close()
  await later.closed
})

test('takes keys once, and no others', async () => {
  const { setUp } = await streaming()
  const expected = await setUp()
  await new HdsClient(expected).next('ready')
  expect(await isAnswered(expected)).toBe(false)
  const { keys } = await setUp()
  const wrong = { ...keys, controllerToAccessory: new Uint8Array(32) }
  expect(await isAnswered({ ...expected, keys: wrong })).toBe(false)
})

test('expects a hub for ten seconds', async () => {
  virtualTime()
  const { setUp } = await streaming()
  const late = await setUp()
  await pass(1)
  const inTime = await setUp()
  await pass(9999)
  expect(await isAnswered(late)).toBe(false)
  expect(await isAnswered(inTime)).toBe(true)
})

test('expects no hub whose HAP connection is gone', async () => {
  const { setUp, client, another } = await streaming()
  const other = await another()
  const orphan = await setUp()
  await setUp(other)
  client.close()
  await client.closed
  // An answer on the other connection: the camera has seen the end of the first.
  await setUp(other)
  expect(await isAnswered(orphan)).toBe(false)
})

test('expects eight at a time, and is busy for more', async () => {
  const { setUp, another } = await streaming()
  const expected: Expected[] = []
  for (let i = 0; i < 4; i++) {
    const hub = await another()
    expected.push(await setUp(hub), await setUp(hub))
  }
  await expect(setUp()).rejects.toThrow('busy')
  for (const one of expected) expect(await isAnswered(one)).toBe(true)
  await setUp()
})

test('expects two of one HAP session: what it asked for before is given up', async () => {
  const { setUp } = await streaming()
  const [first, second, third] = [await setUp(), await setUp(), await setUp()]
  expect(await isAnswered(first)).toBe(false)
  expect(await isAnswered(second)).toBe(true)
  expect(await isAnswered(third)).toBe(true)
})

test('has sixteen connections, and is busy for more until one ends', async () => {
  const { setUp } = await streaming()
  const connected: HdsClient[] = []
  for (let i = 0; i < 16; i++) {
    const client = new HdsClient(await setUp())
    await client.next('ready')
    connected.push(client)
  }
  await expect(setUp()).rejects.toThrow('busy')
  connected[7]?.close()
  await connected[7]?.closed
  await expect.poll(() => setUp().then(isAnswered, () => false)).toBe(true)
})

test('ends what says nothing after ten seconds, and takes no more than eight of those', async () => {
  virtualTime()
  const { setUp } = await streaming()
  const expected = await setUp()
  await new HdsClient(expected).next('ready')
  const quiet = []
  for (let i = 0; i < 8; i++) quiet.push(await silent(expected))
  await (await silent(expected)).closed
  expect(quiet.some(({ socket }) => socket.destroyed)).toBe(false)
  await pass(10_000)
  await Promise.all(quiet.map(({ closed }) => closed))
  expect(await isAnswered(await setUp())).toBe(true)
})

test('ends what begins with anything but a hello of its own', async () => {
  const { setUp } = await streaming()
  const expected = await setUp()
  for (const bytes of [[0, 0, 0, 1], [1, 0, 0x10, 1], new Array(100).fill(1)]) {
    const { socket, closed } = await silent(expected)
    socket.write(Buffer.from(bytes))
    await closed
  }
  expect(await isAnswered(expected)).toBe(true)
})

test('listens as long as somebody is expected or there', async () => {
  const { setUp } = await streaming()
  const expected = await setUp()
  const hub = new HdsClient(expected)
  await hub.next('ready')
  hub.close()
  await hub.closed
  // The camera hears of the end a moment later, and of each of these as well.
  while (await takesConnections(expected.port));
  expect(await isAnswered(await setUp())).toBe(true)
})
