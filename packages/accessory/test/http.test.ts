import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  type HttpMessage,
  HttpMessageParser,
  PairSetupController,
  PairVerifyController,
  pairingMessage,
  RecordOpener,
  RecordSealer,
  sessionKeys,
} from '@hksv/hap'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { Controller, encodeRequest, HapClient, Mailbox, parse } from './client.ts'
import { addGuest, type Described, instanceIds, pairedStage, stage } from './support/camera.ts'
import { pass, virtualTime } from './support/virtual-hub.ts'

/** Status and JSON body in one value; `undefined` for an empty body. */
function shown(answer: HttpMessage): unknown[] {
  return [answer.status, parse(answer.body)]
}

const needsVerify = { status: -70411 }

describe('what each endpoint answers', () => {
  const known = [
    '/pair-setup',
    '/pair-verify',
    '/identify',
    '/pairings',
    '/accessories',
    '/characteristics',
    '/prepare',
    '/resource',
  ]
  const rows: [method: string, path: string, before: unknown[], after: unknown[]][] = [
    ['POST', '/identify', [400, { status: -70401 }], [400, { status: -70401 }]],
    ['POST', '/pair-setup', [400, undefined], [400, undefined]],
    ['POST', '/pair-verify', [400, undefined], [400, undefined]],
    ['POST', '/pairings', [470, undefined], [400, undefined]],
    ['GET', '/characteristics?id=', [470, needsVerify], [204, undefined]],
    ['GET', '/characteristics', [470, needsVerify], [400, undefined]],
    ['PUT', '/characteristics', [470, needsVerify], [400, undefined]],
    ['PUT', '/prepare', [470, needsVerify], [400, undefined]],
    ['POST', '/resource', [470, needsVerify], [400, undefined]],
    ['POST', '/secure-message', [470, undefined], [404, undefined]],
    ['GET', '/', [470, undefined], [404, undefined]],
    ['GET', '/ACCESSORIES', [470, undefined], [404, undefined]],
    ['GET', '/accessories/', [470, undefined], [404, undefined]],
    ['GET', '/__proto__', [470, undefined], [404, undefined]],
    ...known.map((path, i): [string, string, unknown[], unknown[]] => {
      const isOpen = i < 3
      return ['DELETE', path, [isOpen ? 405 : 470, undefined], [405, undefined]]
    }),
  ]

  test('before and after pair-verify', async () => {
    const { port, client } = await pairedStage()
    const stranger = await HapClient.connect(port)
    for (const [method, path, before, after] of rows) {
      const body = method === 'GET' ? undefined : ''
      const what = `${method} ${path}`
      expect([what, ...shown(await stranger.request(method, path, body))]).toEqual([
        what,
        ...before,
      ])
      expect([what, ...shown(await client.request(method, path, body))]).toEqual([what, ...after])
    }
    const accessories = await stranger.request('GET', '/accessories')
    expect(shown(accessories)).toEqual([470, needsVerify])
    const described = await client.request('GET', '/accessories')
    expect(described.status).toBe(200)
    expect(described.headers.get('content-type')).toBe('application/hap+json')
  })

  test('a name that every object has is not a method', async () => {
    const { client } = await pairedStage()
    client.write('toString /accessories HTTP/1.1\r\n\r\n')
    expect(shown(await client.answer())).toEqual([405, undefined])
  })

  test('identify, as long as nobody is paired', async () => {
    const { port, events } = await stage()
    const client = await HapClient.connect(port)
    const answer = await client.request('POST', '/identify', '')
    expect(shown(answer)).toEqual([204, undefined])
    expect(answer.headers.has('content-length')).toBe(false)
    expect(await events.next()).toEqual({ event: 'identify' })
  })
})

describe('requests that are not to be answered, or only with 400', () => {
  const lines = 'PUT /characteristics HTTP/1.1\r\n'
  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['two lengths', `${lines}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    ['a length that is none', `${lines}Content-Length: two\r\n\r\n{}`],
    ['two types', `${lines}Content-Type: a\r\nContent-Type: a\r\n\r\n`],
    ['chunks', `${lines}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    ['a head of 33 KiB', `${lines}X: ${'x'.repeat(33 * 1024)}\r\n\r\n`],
    ['a body of 33 KiB', encodeRequest('PUT', '/characteristics', 'x'.repeat(33 * 1024))],
  ])('%s ends the connection', async (_, bytes) => {
    const { client } = await pairedStage()
    client.write(bytes)
    await expect(client.answer()).rejects.toThrow('closed')
    await client.closed
  })

  test('no length', async () => {
    const { client } = await pairedStage()
    client.write(`${lines}\r\n`)
    expect((await client.answer()).status).toBe(400)
    expect((await client.request('GET', '/accessories')).status).toBe(200)
  })

  test('a record that does not hold ends the connection without a word', async () => {
    const { client, port, admin } = await pairedStage()
    client.writeRaw(Buffer.from('GET /accessories HTTP/1.1\r\n\r\n'))
    await expect(client.answer()).rejects.toThrow('closed')
    const next = await admin.connect(port)
    expect((await next.request('GET', '/accessories')).status).toBe(200)
  })
})

describe('the connection', () => {
  test('takes requests in pieces of a byte, and many in one piece', async () => {
    const { client } = await pairedStage()
    for (const byte of encodeRequest('GET', '/accessories')) client.write(Uint8Array.of(byte))
    expect((await client.answer()).status).toBe(200)
    const iid = (await instanceIds(client))('cameraOperatingMode', 'nightVision')
    const write = (value: boolean) =>
      encodeRequest('PUT', '/characteristics', { characteristics: [{ aid: 1, iid, value }] })
    const read = encodeRequest('GET', `/characteristics?id=1.${iid}`)
    client.write(Buffer.concat([read, write(false), read, write(true), read]))
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(shown(await client.answer()))
    const value = (on: boolean) => [200, { characteristics: [{ aid: 1, iid, value: on }] }]
    expect(answers).toEqual([
      value(true),
      [204, undefined],
      value(false),
      [204, undefined],
      value(true),
    ])
  })

  test('has the lengths and types of HAP, and no other headers', async () => {
    const { client } = await pairedStage()
    const { headers, body } = await client.request('GET', '/accessories')
    expect(Object.fromEntries(headers)).toEqual({
      'content-type': 'application/hap+json',
      'content-length': `${body.length}`,
    })
  })

  test('many at the same time', async () => {
    const { port, admin } = await pairedStage()
    const clients = await Promise.all(Array.from({ length: 16 }, () => admin.connect(port)))
    const answers = await Promise.all(clients.map(client => client.request('GET', '/accessories')))
    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200))
  })

  test('of strangers makes room for the next: those first that never asked anything', async () => {
    const { port, client } = await pairedStage()
    const asking = await HapClient.connect(port)
    expect((await asking.request('POST', '/identify', '')).status).toBe(400)
    const strangers: HapClient[] = []
    for (let i = 1; i < 16; i++) {
      const stranger = await HapClient.connect(port)
      strangers.push(stranger)
      stranger.write('POST /pair-setup HTTP/1.1\r\nContent-Length: 9\r\n\r\n')
    }
    for (const leaving of strangers) {
      const next = await HapClient.connect(port)
      expect((await next.request('POST', '/identify', '')).status).toBe(400)
      await leaving.closed
    }
    expect((await asking.request('POST', '/identify', '')).status).toBe(400)
    expect((await client.request('GET', '/accessories')).status).toBe(200)
  })

  test('of whoever pairs stays while strangers crowd, also those that ask', async () => {
    const { port, camera } = await stage()
    const client = await HapClient.connect(port)
    const setupCode = camera.info.setupCode ?? ''
    const identity = new Controller()
    const machine = new PairSetupController({ crypto, identity, setupCode, random: crypto.random })
    machine.receive((await client.request('POST', '/pair-setup', machine.take())).body)
    for (let i = 0; i < 40; i++) {
      const stranger = await HapClient.connect(port)
      expect((await stranger.request('GET', '/accessories')).status).toBe(470)
    }
    await client.exchange('/pair-setup', machine)
  })

  test('of a controller makes room when it asked nothing for a minute', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const { port, admin, client } = await pairedStage()
    const guest = await addGuest(client, admin)
    const others = []
    for (let i = 1; i < 32; i++) others.push(await admin.connect(port))
    for (let i = 0; i < 32; i++) others.push(await guest.connect(port))
    await (await HapClient.connect(port)).closed
    vi.advanceTimersByTime(59_999)
    await (await HapClient.connect(port)).closed
    const [silent, ...rest] = others
    for (const one of [client, ...rest]) await one.request('GET', '/characteristics?id=1.2')
    vi.advanceTimersByTime(1)
    const next = await HapClient.connect(port)
    await silent?.closed
    expect((await next.request('POST', '/identify', '')).status).toBe(400)
    expect((await client.request('GET', '/accessories')).status).toBe(200)
  })

  test('of one controller makes room for its 33rd', async () => {
    const { port, admin, client } = await pairedStage()
    const guest = await addGuest(client, admin)
    const [first, ...others] = await Promise.all(
      Array.from({ length: 32 }, () => guest.connect(port)),
    )
    for (const one of others) await one.request('GET', '/characteristics?id=1.2')
    const last = await guest.connect(port)
    await first?.closed
    for (const one of [client, ...others, last]) {
      expect((await one.request('GET', '/characteristics?id=1.2')).status).toBe(207)
    }
  })

  test('reads what comes behind the last message of pair-verify as records', async () => {
    const { port, admin } = await pairedStage()
    const client = connect({ host: '127.0.0.1', port })
    onTestFinished(() => void client.destroy())
    const received = new Mailbox<Buffer>()
    client.on('data', bytes => received.push(bytes))
    const { accessory = { identifier: '', publicKey: new Uint8Array() } } = admin
    const scalar = crypto.random(32)
    const random = () => scalar.slice()
    const machine = new PairVerifyController({ crypto, identity: admin, accessory, random })
    client.write(encodeRequest('POST', '/pair-verify', machine.take()))
    const [m2] = new HttpMessageParser().receive(await received.next())
    machine.receive(m2?.body ?? new Uint8Array())
    const { publicKey = new Uint8Array() } = pairingMessage.decode(m2?.body ?? new Uint8Array())
    const shared = crypto.x25519(scalar).agree(publicKey) ?? new Uint8Array()
    const keys = sessionKeys(crypto, shared)
    const asked = encodeRequest('GET', '/characteristics?id=1.3')
    const record = new RecordSealer(crypto, keys.controllerToAccessory).seal(asked)
    client.write(Buffer.concat([encodeRequest('POST', '/pair-verify', machine.take()), record]))
    let answers = await received.next()
    const m4 = answers.indexOf('\r\n\r\n') + 4 + 3
    expect(answers.subarray(m4 - 3, m4).toString('hex')).toBe('060104')
    while (answers.length === m4) answers = Buffer.concat([answers, await received.next()])
    const opener = new RecordOpener(crypto, keys.accessoryToController)
    const [text = new Uint8Array()] = opener.open(answers.subarray(m4))
    expect(Buffer.from(text).toString()).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  })

  test('is done with a request that takes ten seconds to come', async () => {
    virtualTime()
    const { client, port, admin } = await pairedStage()
    const stranger = await HapClient.connect(port)
    for (const one of [stranger, client]) one.write('GET /accessories HT')
    await client.reached()
    await stranger.reached()
    await pass(9999)
    const other = await admin.connect(port)
    expect((await other.request('GET', '/accessories')).status).toBe(200)
    await pass(1)
    await Promise.all([stranger.closed, client.closed])
    await pass(60_000)
    expect((await other.request('GET', '/accessories')).status).toBe(200)
  })

  test('answers who says no more, and leaves then', async () => {
    const { client } = await pairedStage()
    for (const _ of [1, 2]) client.write(encodeRequest('GET', '/accessories'))
    client.end()
    expect((await client.answer()).status).toBe(200)
    expect((await client.answer()).status).toBe(200)
    await client.closed
  })

  test('ends when the camera is closed', async () => {
    const { client, camera } = await pairedStage()
    await camera.close()
    await client.closed
  })
})

describe('pairing', () => {
  test('a wrong setup code is counted, over restarts too', async () => {
    const { port, camera, storage } = await stage({ setupCode: '103-45-678' })
    const machine = new PairSetupController({
      crypto,
      identity: new Controller(),
      setupCode: '806-54-321',
      random: crypto.random,
    })
    const client = await HapClient.connect(port)
    await expect(client.exchange('/pair-setup', machine)).rejects.toMatchObject({
      code: 'PAIR_REFUSED',
    })
    await camera.close()
    const stored = await readFile(join(storage, 'pairings.json'), 'utf8')
    expect(stored).toContain('"failedAttempts": 1')
    await stage({ storage })
    expect(await readFile(join(storage, 'pairings.json'), 'utf8')).toBe(stored)
  })

  test('the code is no longer shown, and its verifier is kept', async () => {
    const { camera, events } = await pairedStage()
    expect(camera.info.setupCode).toBeUndefined()
    expect(camera.info.setupUri).toBeUndefined()
    expect(await events.next()).toEqual({ event: 'paired', controllers: 1 })
  })

  test('a second one is refused', async () => {
    const { port } = await pairedStage({ setupCode: '103-45-678' })
    await expect(new Controller().pair(port, '103-45-678')).rejects.toMatchObject({
      code: 'PAIR_REFUSED',
    })
  })

  test('a stranger does not get through pair-verify', async () => {
    const { port, admin } = await pairedStage()
    const stranger = new Controller()
    stranger.accessory = admin.accessory
    await expect(stranger.connect(port)).rejects.toMatchObject({ code: 'PAIR_REFUSED' })
  })
})

test('after a restart ids, port and pairing are the same', async () => {
  const { client, camera, storage, port, admin } = await pairedStage()
  const before = (await client.json('GET', '/accessories')) as Described
  await camera.close()
  const again = await stage({ storage })
  expect(again.port).toBe(port)
  expect(again.camera.info.id).toBe(camera.info.id)
  const after = (await (await admin.connect(port)).json('GET', '/accessories')) as Described
  expect(after).toEqual(before)
})
