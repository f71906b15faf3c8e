import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { RecordOpener, RecordSealer, sessionKeys } from '@hksv/hap'
import { type Address, HapConnection } from '@hksv/hub'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const keys = sessionKeys(crypto, new Uint8Array(32).fill(7))

let server: Server
let address: Address
let sockets: Socket[]

beforeEach(async () => {
  sockets = []
  server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    socket.setNoDelay(true)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
})

afterEach(() => {
  vi.useRealTimers()
  for (const socket of sockets) socket.destroy()
  server.close()
})

async function connect(signal?: AbortSignal): Promise<{ connection: HapConnection; peer: Socket }> {
  const accepted = once(server, 'connection')
  const connection = await HapConnection.open(crypto, address, signal)
  const [peer] = (await accepted) as [Socket]
  return { connection, peer }
}

const response = (body: string) =>
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
const event = (body: string) =>
  Buffer.from(`EVENT/1.0 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
const chunkedEvent = (body: string) =>
  Buffer.from(
    `EVENT/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  )
const text = ({ body }: { body: Uint8Array }) => Buffer.from(body).toString()

/** The next request of the peer, whole. */
async function nextRequest(peer: Socket): Promise<string> {
  const [bytes] = await once(peer, 'data')
  return String(bytes)
}

describe('requests', () => {
  it('go out whole, with the headers that accessories want', async () => {
    const { connection, peer } = await connect()
    const bytes = Buffer.from('{}')
    const answer = connection.request('PUT', '/characteristics', { type: 'application/x', bytes })
    expect(await nextRequest(peer)).toBe(
      'PUT /characteristics HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x\r\n' +
        'Content-Length: 2\r\n\r\n{}',
    )
    peer.write(response('done'))
    expect(await answer).toMatchObject({ kind: 'response', status: 200 })
    connection.close()
  })

  it('wait for the answer to the one before', async () => {
    const { connection, peer } = await connect()
    const answers = [connection.request('GET', '/1'), connection.request('GET', '/2')]
    expect(await nextRequest(peer)).toMatch(/^GET \/1 .*\r\n\r\n$/s)
    await nextTurn()
    peer.write(response('one'))
    expect(await nextRequest(peer)).toMatch(/^GET \/2 /)
    peer.write(response('two'))
    expect((await Promise.all(answers)).map(text)).toEqual(['one', 'two'])
    connection.close()
  })

  it('are told from events between their answers, wherever the stream is cut', async () => {
    const { connection, peer } = await connect()
    const seen: string[] = []
    connection.onEvent(message => seen.push(text(message)))
    const stream = Buffer.concat([event('a'), response('one'), chunkedEvent('bc'), event('d')])
    for (let cut = 1; cut < stream.length; cut++) {
      seen.length = 0
      const requested = nextRequest(peer)
      const answer = connection.request('GET', `/${cut}`)
      await requested
      peer.write(stream.subarray(0, cut))
      await nextTurn()
      await nextTurn()
      peer.write(stream.subarray(cut))
      expect(text(await answer)).toBe('one')
      while (seen.length < 3) await nextTurn()
      expect(seen).toEqual(['a', 'bc', 'd'])
    }
    connection.close()
  })

  it('and answers are records once the connection is secure, wherever they are cut', async () => {
    const plain = Buffer.concat([event('a'), response('one')])
    const seal = () => new RecordSealer(crypto, keys.accessoryToController).seal(plain)
    const seen: string[] = []
    for (let cut = 1; cut < seal().length; cut += 3) {
      const { connection, peer } = await connect()
      connection.secure(keys)
      connection.onEvent(message => seen.push(text(message)))
      const requested = once(peer, 'data')
      const answer = connection.request('GET', '/accessories')
      const [bytes] = await requested
      const opened = new RecordOpener(crypto, keys.controllerToAccessory).open(bytes)
      expect(Buffer.concat(opened).toString()).toMatch(/^GET \/accessories /)
      const sealed = seal()
      peer.write(sealed.subarray(0, cut))
      await nextTurn()
      await nextTurn()
      peer.write(sealed.subarray(cut))
      expect(text(await answer)).toBe('one')
      expect(seen.splice(0)).toEqual(['a'])
      connection.close()
    }
  })

  it('stop being heard of when nobody wants events any more', async () => {
    const { connection, peer } = await connect()
    const seen: string[] = []
    const stop = connection.onEvent(message => seen.push(text(message)))
    stop()
    const answer = connection.request('GET', '/')
    peer.write(Buffer.concat([event('a'), response('one')]))
    await answer
    expect(seen).toEqual([])
    connection.close()
  })
})

describe('a connection ends', () => {
  const ended = async (connection: HapConnection, code: string) => {
    const waiting = [connection.request('GET', '/1'), connection.request('GET', '/2')]
    return Promise.all([
      ...waiting.map(each => expect(each).rejects.toMatchObject({ code })),
      vi.waitFor(() => expect(connection.signal.reason).toMatchObject({ code })),
    ])
  }

  it.each([
    ['no HTTP', 'hello\r\n'],
    ['an answer to no request after one', `${response('1')}${response('2')}`],
    ['too long a header', 'a'.repeat(20_000)],
  ])('when the accessory sends %s', async (name, bytes) => {
    const { connection, peer } = await connect()
    peer.once('data', () => peer.write(bytes))
    if (name.startsWith('an answer')) {
      await connection.request('GET', '/')
      await vi.waitFor(() => expect(connection.signal.aborted).toBe(true))
    } else await ended(connection, 'HUB_PROTOCOL')
    expect(connection.signal.reason).toMatchObject({
      code: 'HUB_PROTOCOL',
      message: expect.stringMatching(/broke the protocol: .*maker/),
    })
    await expect(connection.request('GET', '/3')).rejects.toMatchObject({ code: 'HUB_PROTOCOL' })
  })

  it('when an answer comes before anything was asked', async () => {
    const { connection, peer } = await connect()
    peer.write(response('?'))
    await once(connection.signal, 'abort')
    expect(connection.signal.reason).toMatchObject({ code: 'HUB_PROTOCOL' })
  })

  it('when a record does not hold', async () => {
    const { connection, peer } = await connect()
    connection.secure(keys)
    const sealed = new RecordSealer(crypto, keys.controllerToAccessory).seal(response('one'))
    peer.once('data', () => peer.write(sealed))
    await ended(connection, 'HUB_PROTOCOL')
  })

  it('when the accessory hangs up, in order or not', async () => {
    const { connection, peer } = await connect()
    peer.once('data', () => peer.end())
    await ended(connection, 'HUB_CONNECTION_LOST')
    const second = await connect()
    second.peer.once('data', () => second.peer.resetAndDestroy())
    await ended(second.connection, 'HUB_CONNECTION_LOST')
  })

  it('when an answer takes longer than 30 s', async () => {
    const { connection, peer } = await connect()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const requested = once(peer, 'data')
    const answers = Promise.all([
      expect(connection.request('GET', '/1')).rejects.toMatchObject({ code: 'HUB_TIMEOUT' }),
      expect(connection.request('GET', '/2')).rejects.toMatchObject({ code: 'HUB_TIMEOUT' }),
    ])
    await requested
    vi.advanceTimersByTime(29_999)
    expect(connection.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    await answers
    expect(connection.signal.aborted).toBe(true)
  })

  it('not when a request waits 29 s for its turn, and 29 s for its answer', async () => {
    const { connection, peer } = await connect()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const answers = [connection.request('GET', '/1'), connection.request('GET', '/2')]
    await once(peer, 'data')
    vi.advanceTimersByTime(29_000)
    peer.write(response('one'))
    await once(peer, 'data')
    vi.advanceTimersByTime(29_000)
    peer.write(response('two'))
    expect((await Promise.all(answers)).map(text)).toEqual(['one', 'two'])
    connection.close()
  })

  it('when its signal aborts', async () => {
    const stop = new AbortController()
    const { connection, peer } = await connect(stop.signal)
    const answer = connection.request('GET', '/')
    await once(peer, 'data')
    stop.abort(new Error('stopped'))
    await expect(answer).rejects.toThrow('stopped')
    await once(peer, 'close')
  })

  it('when it is disposed of, and may end twice', async () => {
    const { connection, peer } = await connect()
    {
      await using disposed = connection
      expect(disposed.signal.aborted).toBe(false)
    }
    connection.close()
    await once(peer, 'close')
    await expect(connection.request('GET', '/')).rejects.toMatchObject({
      code: 'HUB_CONNECTION_LOST',
      message: 'The connection was closed.',
    })
  })
})

describe('connecting', () => {
  it('says where nothing answers', async () => {
    server.close()
    await once(server, 'close')
    await expect(HapConnection.open(crypto, address)).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1, port ${address.port} (ECONNREFUSED)`),
    })
  })

  it('gives up after 10 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const connected = HapConnection.open(crypto, address)
    vi.advanceTimersByTime(10_000)
    await expect(connected).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringContaining('no answer in 10 s'),
    })
  })

  it('stops when its signal aborts', async () => {
    const stop = new AbortController()
    const connected = HapConnection.open(crypto, address, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(connected).rejects.toThrow('stopped')
    await expect(HapConnection.open(crypto, address, stop.signal)).rejects.toThrow('stopped')
  })

  it('writes an address of IPv6 in brackets, without its zone', async () => {
    const six = createServer(socket => sockets.push(socket))
    six.listen(0, '::1')
    const isThere = await Promise.race([
      once(six, 'listening').then(() => true),
      once(six, 'error').then(() => false),
    ])
    if (!isThere) return
    const { port } = six.address() as AddressInfo
    const peer = once(six, 'connection')
    const connection = await HapConnection.open(crypto, { host: '::1', port })
    const [socket] = (await peer) as [Socket]
    const answer = connection.request('GET', '/')
    expect(await nextRequest(socket)).toContain('\r\nHost: [::1]\r\n')
    connection.close()
    await expect(answer).rejects.toMatchObject({ code: 'HUB_CONNECTION_LOST' })
    six.close()
  })
})
