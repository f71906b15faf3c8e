import { hapStatus } from '@hksv/hap'
import { type AccessoryClient, characteristicOf, type RemoteCharacteristic } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { connect } from './support/connect.ts'
import { type Intervention, json } from './support/test-accessory.ts'

const recordingOf = (client: AccessoryClient) =>
  client.database.service('cameraEventRecordingManagement')
/** Not timed. */
const nightVision = (client: AccessoryClient) =>
  characteristicOf(client.database.service('cameraOperatingMode'), 'nightVision')
/** Timed. */
const active = (client: AccessoryClient) => characteristicOf(recordingOf(client), 'active')
const motion = (client: AccessoryClient) =>
  characteristicOf(client.database.service('motionSensor'), 'motionDetected')

/** Answers one method of `/characteristics` in another way. */
const answering =
  (method: string, answer: ReturnType<Intervention>): Intervention =>
  request =>
    request.method === method && request.path.startsWith('/characteristics') ? answer : undefined

const entry = ({ aid, iid }: RemoteCharacteristic, more: object) =>
  json(207, { characteristics: [{ aid, iid, ...more }] })

describe('reading', () => {
  it('keeps the order asked for, and leaves out what cannot be read', async () => {
    const { accessory, client } = await connect()
    accessory.characteristic(motion(client).iid).value = 1
    const unknown = { ...motion(client), iid: 9999 }
    const readings = await client.read([active(client), unknown, motion(client)])
    expect(readings).toEqual([
      { characteristic: active(client), value: 0 },
      { characteristic: motion(client), value: 1 },
    ])
    expect(await client.read([])).toEqual([])
  })

  it('takes what accessories write in their own way', async () => {
    const { accessory, client } = await connect()
    const { iid } = motion(client)
    accessory.intervene = answering(
      'GET',
      json(200, {
        characteristics: [
          { aid: '1', iid: String(iid), value: true },
          { aid: 1, iid: active(client).iid, status: 70_402, value: 1 },
          { aid: 1, iid: nightVision(client).iid, status: 0 },
        ],
      }),
    )
    expect(await client.read([motion(client), active(client), nightVision(client)])).toEqual([
      { characteristic: motion(client), value: true },
    ])
  })

  it('asks for many in several requests', async () => {
    const { accessory, client } = await connect()
    const all = client.database.services.flatMap(({ characteristics }) => characteristics)
    const readable = all.filter(({ perms }) => perms.includes('pr'))
    const twice = [...readable, ...readable]
    expect(await client.read(twice)).toHaveLength(twice.length)
    const paths = accessory.requests.map(({ path }) => path)
    expect(paths.length).toBeGreaterThan(1)
    for (const path of paths) expect(path.length).toBeLessThan(1024)
  })

  it.each([
    ['470', { status: 470 }, 'HUB_NOT_PAIRED'],
    ['400', { status: 400 }, 'HUB_PROTOCOL'],
    ['something else', json(200, { status: 0 }), 'HUB_PROTOCOL'],
  ] as const)('fails on %s', async (_name, answer, code) => {
    const { accessory, client } = await connect()
    accessory.intervene = answering('GET', answer)
    await expect(client.read([motion(client)])).rejects.toMatchObject({ code })
  })
})

describe('writing', () => {
  it('is plain without tw', async () => {
    const { accessory, client } = await connect()
    const { iid } = nightVision(client)
    await client.write(nightVision(client), true)
    expect(accessory.requests).toEqual([
      {
        method: 'PUT',
        path: '/characteristics',
        body: { characteristics: [{ aid: 1, iid, value: true }] },
      },
    ])
    expect(accessory.characteristic(iid).value).toBe(true)
  })

  it('is prepared with tw', async () => {
    const { accessory, client } = await connect()
    const { iid } = active(client)
    await client.write(active(client), 1)
    const [prepared, written] = accessory.requests
    expect(prepared).toMatchObject({ method: 'PUT', path: '/prepare', body: { ttl: 5000 } })
    const { pid } = (prepared?.body ?? {}) as { pid?: number }
    expect(pid).toBeGreaterThan(0)
    expect(written).toEqual({
      method: 'PUT',
      path: '/characteristics',
      body: { characteristics: [{ aid: 1, iid, value: 1 }], pid },
    })
    expect(accessory.characteristic(iid).value).toBe(1)
  })

  it('prepares one timed write after the other, whoever asks for both', async () => {
    const { accessory, client } = await connect()
    const sound = characteristicOf(recordingOf(client), 'recordingAudioActive')
    await Promise.all([
      client.write(active(client), 1),
      client.write(sound, 1),
      client.write(nightVision(client), true),
    ])
    const pids = accessory.requests.flatMap(({ body }) => (body as { pid?: number }).pid ?? [])
    expect(pids).toHaveLength(4)
    expect([pids[0], pids[2]]).toEqual([pids[1], pids[3]])
    expect(accessory.characteristic(active(client).iid).value).toBe(1)
    expect(accessory.characteristic(sound.iid).value).toBe(1)
  })

  it('goes on after a timed write that was refused', async () => {
    const { accessory, client } = await connect()
    let isFirst = true
    accessory.intervene = ({ path }) => {
      if (path !== '/prepare' || !isFirst) return undefined
      isFirst = false
      return json(200, { status: hapStatus.resourceBusy })
    }
    const writes = [client.write(active(client), 1), client.write(active(client), 1)]
    const [first, second] = await Promise.allSettled(writes)
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'HUB_REFUSED' } })
    expect(second).toMatchObject({ status: 'fulfilled' })
  })

  it.each([
    ['204', { status: 204 }],
    ['200 without a body', { status: 200 }],
  ])('takes %s for done', async (_name, answer) => {
    const { accessory, client } = await connect()
    accessory.intervene = answering('PUT', answer)
    await expect(client.write(nightVision(client), true)).resolves.toBeUndefined()
  })

  it.each([200, 207])('takes %i for done when all statuses are 0', async status => {
    const { accessory, client } = await connect()
    const { aid, iid } = nightVision(client)
    for (const done of [{}, { status: 0 }]) {
      const body = { characteristics: [{ aid, iid, ...done }] }
      accessory.intervene = answering('PUT', json(status, body))
      await expect(client.write(nightVision(client), true)).resolves.toBeUndefined()
    }
  })

  it.each([
    [-70401, /nightVision: insufficient privileges.*administrator/],
    [70401, /nightVision: insufficient privileges/],
    [-70412, /not allowed in current state.*Switch the camera on/],
    [-70499, /status -70499/],
  ])('is refused with %i in words', async (status, message) => {
    const { accessory, client } = await connect()
    accessory.intervene = answering('PUT', entry(nightVision(client), { status }))
    await expect(client.write(nightVision(client), true)).rejects.toMatchObject({
      code: 'HUB_REFUSED',
      status: -Math.abs(status),
      message: expect.stringMatching(message),
    })
  })

  it('fails when the accessory speaks of something else', async () => {
    const { accessory, client } = await connect()
    accessory.intervene = answering('PUT', entry(motion(client), { status: 0 }))
    await expect(client.write(nightVision(client), true)).rejects.toMatchObject({
      code: 'HUB_PROTOCOL',
    })
  })

  it('returns a write response, and asks for it', async () => {
    const { accessory, client } = await connect()
    const setup = nightVision(client)
    accessory.intervene = answering('PUT', entry(setup, { status: 0, value: 'AQEA' }))
    expect(await client.writeWithResponse(setup, 'AAA=')).toBe('AQEA')
    expect(accessory.requests.at(-1)?.body).toEqual({
      characteristics: [{ aid: 1, iid: setup.iid, value: 'AAA=', r: true }],
    })
    for (const answer of [{ status: 204 }, entry(setup, { status: 0 })]) {
      accessory.intervene = answering('PUT', answer)
      await expect(client.writeWithResponse(setup, 'AAA=')).rejects.toMatchObject({
        code: 'HUB_PROTOCOL',
      })
    }
  })
})

describe('events', () => {
  it('come from what was subscribed to, in order, until the loop is left', async () => {
    const { accessory, client } = await connect()
    const events = client.events()
    await client.subscribe(motion(client))
    accessory.change(nightVision(client).iid, true)
    for (const value of [true, false, 1]) accessory.change(motion(client).iid, value)
    const seen: unknown[] = []
    for await (const { characteristic, value } of events) {
      expect(characteristic).toBe(motion(client))
      if (seen.push(value) === 3) break
    }
    expect(seen).toEqual([true, false, 1])
    await client.subscribe(motion(client), false)
    expect(accessory.requests.at(-1)?.body).toEqual({
      characteristics: [{ aid: 1, iid: motion(client).iid, ev: false }],
    })
  })

  it('come in groups, with values missing, and of characteristics nobody knows', async () => {
    const { accessory, client } = await connect()
    const events = client.events()
    accessory.sessions[0]?.sendEvent({
      characteristics: [
        { aid: 1, iid: 9999, value: 1 },
        { aid: 1, iid: motion(client).iid },
        { aid: 1, iid: active(client).iid, value: 1 },
      ],
    })
    expect(await events.next()).toMatchObject({ value: { value: null } })
    expect(await events.next()).toMatchObject({
      value: { characteristic: active(client), value: 1 },
    })
  })

  it('are refused by a characteristic that has none', async () => {
    const { accessory, client } = await connect()
    const status = hapStatus.notificationNotSupported
    accessory.intervene = answering('PUT', entry(motion(client), { status }))
    await expect(client.subscribe(motion(client))).rejects.toMatchObject({
      code: 'HUB_REFUSED',
      status,
    })
  })

  it('end with the connection, after the last one', async () => {
    const { accessory, client } = await connect()
    const events = client.events()
    const [session] = accessory.sessions
    session?.sendEvent({ characteristics: [{ aid: 1, iid: motion(client).iid, value: true }] })
    session?.socket.end()
    expect(await events.next()).toMatchObject({ value: { value: true } })
    await expect(events.next()).rejects.toMatchObject({ code: 'HUB_CONNECTION_LOST' })
    await expect(client.events().next()).rejects.toMatchObject({ code: 'HUB_CONNECTION_LOST' })
  })

  it('end with their signal, and the connection goes on', async () => {
    const { client } = await connect()
    const stop = new AbortController()
    const next = client.events(stop.signal).next()
    stop.abort(new Error('stopped'))
    await expect(next).rejects.toThrow('stopped')
    expect(await client.read([motion(client)])).toHaveLength(1)
  })

  it('end with one that cannot be read', async () => {
    const { accessory, client } = await connect()
    const events = client.events()
    accessory.sessions[0]?.sendEvent({ characteristics: 1 })
    await expect(events.next()).rejects.toMatchObject({ code: 'HUB_PROTOCOL' })
  })
})

describe('subscribing to many', () => {
  it('takes one request for each accessory, and fewer than it has room for', async () => {
    const { accessory, client } = await connect()
    const own = [motion(client), nightVision(client)]
    const bridged = [5, 6, 7].map(iid => ({ ...motion(client), aid: 2, iid }))
    accessory.intervene = ({ method, body }) =>
      method === 'PUT' && body.includes('"aid":2') ? { status: 204 } : undefined
    expect(await client.subscribeAll([...own, ...bridged])).toEqual([])
    const asked = accessory.requests.map(({ body }) => body)
    const on = ({ aid, iid }: { aid: number; iid: number }) => ({ aid, iid, ev: true })
    expect(asked).toEqual([{ characteristics: own.map(on) }, { characteristics: bridged.map(on) }])
    accessory.requests.length = 0
    const many = Array.from({ length: 450 }, (_, iid) => ({ ...motion(client), aid: 2, iid }))
    await client.subscribeAll(many)
    expect(accessory.requests).toHaveLength(3)
    const longest = accessory.requests.map(({ body }) => JSON.stringify(body).length)
    expect(Math.max(...longest)).toBeLessThan(32_768)
  })

  it('tells which were refused, however the answer is spelt', async () => {
    const { accessory, client } = await connect()
    const [first, second] = [motion(client), nightVision(client)]
    const { notificationNotSupported } = hapStatus
    const refused = { aid: String(first.aid), iid: String(first.iid), status: 70_406 }
    accessory.intervene = answering('PUT', json(207, { characteristics: [refused] }))
    expect(await client.subscribeAll([first, second])).toEqual([
      { characteristic: first, status: notificationNotSupported },
    ])
    accessory.intervene = answering('PUT', { status: 200 })
    expect(await client.subscribeAll([first, second], false)).toEqual([])
    accessory.intervene = answering('PUT', { status: 470 })
    await expect(client.subscribeAll([first])).rejects.toMatchObject({ code: 'HUB_NOT_PAIRED' })
  })
})
