import { decodeSetupResponse, encodeSetupRequest, SUPPORTED_DATA_STREAM_TRANSPORT } from '@hksv/hds'
import { describe, expect, test } from 'vitest'

import { parse } from './client.ts'
import { addGuest, stage } from './support/camera.ts'
import { done, get, put, ready, results } from './support/requests.ts'
import { pass, virtualTime } from './support/virtual-hub.ts'

describe('GET', () => {
  test('values, and with a failure among them the status of each', async () => {
    const { client, iid } = await ready({ isDoorbell: true })
    const name = iid('accessoryInformation', 'name')
    const identify = iid('accessoryInformation', 'identify')
    const button = iid('doorbell', 'programmableSwitchEvent')
    const selected = iid('cameraEventRecordingManagement', 'selectedCameraRecordingConfiguration')
    expect(await get(client, `id=1.${name},1.${button}`)).toEqual({
      status: 200,
      body: {
        characteristics: [
          { aid: 1, iid: name, value: 'Porch' },
          { aid: 1, iid: button, value: null },
        ],
      },
    })
    const ids = [name, identify, 9999, selected].map(one => `1.${one}`)
    expect(await get(client, `id=${ids.join('%2C')},2.${name}`)).toEqual(
      results(
        { iid: name, value: 'Porch', status: 0 },
        { iid: identify, status: -70405 },
        { iid: 9999, status: -70409 },
        { iid: selected, status: -70402 },
        { aid: 2, iid: name, status: -70409 },
      ),
    )
    const huge = await client.request(
      'GET',
      '/characteristics?id=18446744073709551615.18446744073709551614',
    )
    expect(huge.status).toBe(207)
    expect(Buffer.from(huge.body).toString()).toBe(
      '{"characteristics":[{"aid":18446744073709551615,"iid":18446744073709551614,"status":-70409}]}',
    )
  })

  test('what else is asked for, in any order', async () => {
    const { client, iid } = await ready()
    const active = iid('cameraOperatingMode', 'homeKitCameraActive')
    await put(client, [{ iid: active, ev: true }])
    const entry = {
      aid: 1,
      iid: active,
      value: 1,
      type: '21B',
      perms: ['pr', 'pw', 'ev'],
      ev: true,
      format: 'uint8',
      minValue: 0,
      maxValue: 1,
      minStep: 1,
    }
    const all = `id=1.${active}&meta=1&perms=1&type=1&ev=1`
    for (const query of [all, all.split('&').reverse().join('&')]) {
      expect(await get(client, query)).toEqual({ status: 200, body: { characteristics: [entry] } })
    }
    const none = await get(client, `id=1.${active}&meta=0&perms=0&type=0&ev=0`)
    expect(none.body).toEqual({ characteristics: [{ aid: 1, iid: active, value: 1 }] })
  })

  test.each([
    '',
    'meta=1',
    'id=1',
    'id=1.x',
    'id=1.1,',
    'id=-1.1',
    'id=1.1&meta=2',
    'id=1.1&meta',
    'id=1.1&what=1',
    'id=1.1&',
    'id=18446744073709551616.1',
  ])('"%s" is no query', async query => {
    const { client } = await ready()
    expect(await get(client, query)).toEqual({ status: 400, body: undefined })
  })
})

describe('PUT', () => {
  test.each([
    'no JSON',
    '{}',
    '[]',
    '{"characteristics":{}}',
    '{"characteristics":[{"aid":1,"iid":1,"value":null}]}',
    '{"characteristics":[{"iid":1,"value":1}]}',
    '{"characteristics":[{"aid":1,"value":1}]}',
    '{"characteristics":[{"aid":1.5,"iid":1,"value":1}]}',
    '{"characteristics":[{"aid":1,"iid":1,"ev":2}]}',
    '{"characteristics":[]} x',
    '{"characteristics":[{"aid":18446744073709551616,"iid":1,"value":1}]}',
    '{"characteristics":[{"aid":1,"aid":1,"iid":1,"value":1}]}',
    '{"characteristics":[{"aid":1,"iid":1,"iid":2,"value":1}]}',
    '{"characteristics":[],"pid":1,"pid":1}',
    `{"characteristics":[],"x":${'['.repeat(65)}${']'.repeat(65)}}`,
  ])('%s is 400', async body => {
    const { client } = await ready()
    expect((await client.request('PUT', '/characteristics', body)).status).toBe(400)
  })

  test('each entry gets what it deserves, in order', async () => {
    const { client, iid, events } = await ready()
    await events.next()
    const night = iid('cameraOperatingMode', 'nightVision')
    const audio = iid('cameraEventRecordingManagement', 'recordingAudioActive')
    const active = iid('cameraOperatingMode', 'homeKitCameraActive')
    const name = iid('accessoryInformation', 'name')
    const identify = iid('accessoryInformation', 'identify')
    const endpoints = iid('cameraRtpStreamManagement', 'setupEndpoints')
    const answer = await put(client, [
      { iid: night, value: false, authData: 'AA==', remote: true, unknown: [1] },
      { iid: night },
      { iid: 9999, value: 1 },
      { iid: 2 ** 63, value: 1 },
      { iid: name, value: 'Back' },
      { iid: name, ev: true },
      { iid: name, ev: true, value: 'Back' },
      { iid: audio, value: 1 },
      { iid: active, value: 2 },
      { iid: active, value: 'on' },
      { iid: identify, value: false },
      { iid: endpoints, value: 'AA==' },
      { iid: endpoints, value: 'A' },
    ])
    expect(answer).toEqual(
      results(
        { iid: night, status: 0 },
        { iid: night, status: -70410 },
        { iid: 9999, status: -70409 },
        { iid: 2 ** 63, status: -70409 },
        { iid: name, status: -70404 },
        { iid: name, status: -70406 },
        { iid: name, status: -70406 },
        { iid: audio, status: -70410 },
        { iid: active, status: -70410 },
        { iid: active, status: -70410 },
        { iid: identify, status: -70410 },
        { iid: endpoints, status: -70410 },
        { iid: endpoints, status: -70410 },
      ),
    )
    expect((await get(client, `id=1.${night},1.${active}`)).body).toEqual({
      characteristics: [
        { aid: 1, iid: night, value: false },
        { aid: 1, iid: active, value: 1 },
      ],
    })
  })

  test('booleans to numbers and numbers to booleans', async () => {
    const { client, iid } = await ready()
    const night = iid('cameraOperatingMode', 'nightVision')
    const periodic = iid('cameraOperatingMode', 'periodicSnapshotsActive')
    const entries = [
      { iid: night, value: 0, ev: 1 },
      { iid: periodic, value: false },
    ]
    expect(await put(client, entries)).toEqual(done)
    expect((await get(client, `id=1.${night},1.${periodic}`)).body).toEqual({
      characteristics: [
        { aid: 1, iid: night, value: false },
        { aid: 1, iid: periodic, value: 0 },
      ],
    })
  })

  test('identify', async () => {
    const { client, iid, events } = await ready()
    await events.next()
    const entry = { iid: iid('accessoryInformation', 'identify'), value: true }
    expect(await put(client, [entry])).toEqual(done)
    expect(await events.next()).toEqual({ event: 'identify' })
  })

  test('a write response, for the one who asks', async () => {
    const { client, iid } = await ready()
    const setup = iid('dataStreamTransportManagement', 'setupDataStreamTransport')
    const night = iid('cameraOperatingMode', 'nightVision')
    const request = encodeSetupRequest({ controllerKeySalt: new Uint8Array(32) })
    const value = Buffer.from(request).toString('base64')
    const answer = await put(client, [
      { iid: setup, value, r: true },
      { iid: night, value: false, r: true },
    ])
    expect(answer).toEqual(
      results({ iid: setup, status: 0, value: expect.any(String) }, { iid: night, status: -70405 }),
    )
    const { characteristics } = answer.body as { characteristics: { value: string }[] }
    const response = Buffer.from(characteristics[0]?.value ?? '', 'base64')
    expect(decodeSetupResponse(response)).toMatchObject({ status: 'success' })
    // What others read has no salt; and the write without a right to a response was done.
    const read = await get(client, `id=1.${setup},1.${night}`)
    expect(read.body).toMatchObject({ characteristics: [{}, { value: false }] })
    expect(JSON.stringify(read.body)).not.toContain(characteristics[0]?.value)
    expect(await put(client, [{ iid: setup, value }])).toEqual(done)
    const malformed = Buffer.from(SUPPORTED_DATA_STREAM_TRANSPORT).toString('base64')
    const refused = await put(client, [{ iid: setup, value: malformed, r: true }])
    expect(refused).toEqual(results({ iid: setup, status: -70410 }))
  })

  test('what an administrator alone may write', async () => {
    const { client, iid, port, admin } = await ready()
    const guest = await (await addGuest(client, admin)).connect(port)
    const mode = 'cameraOperatingMode'
    const adminOnly = [
      iid(mode, 'homeKitCameraActive'),
      iid(mode, 'eventSnapshotsActive'),
      iid(mode, 'periodicSnapshotsActive'),
      iid('cameraRtpStreamManagement', 'active'),
      iid('cameraEventRecordingManagement', 'active'),
      iid('cameraEventRecordingManagement', 'selectedCameraRecordingConfiguration'),
    ]
    const refused = await put(
      guest,
      adminOnly.map(one => ({ iid: one, value: 0, ev: true })),
    )
    expect(refused).toEqual(results(...adminOnly.map(one => ({ iid: one, status: -70401 }))))
    expect(await put(guest, [{ iid: iid(mode, 'nightVision'), value: false }])).toEqual(done)
    expect(await put(client, [{ iid: adminOnly[0], value: 0 }])).toEqual(done)
  })

  test('is kept over a restart', async () => {
    const { client, iid, camera, storage, admin } = await ready()
    const night = iid('cameraOperatingMode', 'nightVision')
    const stream = iid('cameraRtpStreamManagement', 'active')
    const entries = [
      { iid: night, value: false },
      { iid: stream, value: 0 },
    ]
    expect(await put(client, entries)).toEqual(done)
    await camera.close()
    const again = await stage({ storage })
    const { body } = await get(await admin.connect(again.port), `id=1.${night},1.${stream}`)
    expect(body).toMatchObject({ characteristics: [{ value: false }, { value: 0 }] })
  })

  test('two controllers write at the same time, and neither is lost', async () => {
    const { client, port, admin } = await ready()
    const other = await admin.connect(port)
    const { accessories } = (await client.json('GET', '/accessories')) as {
      accessories: {
        services: { type: string; characteristics: { type: string; iid: number }[] }[]
      }[]
    }
    const streams = accessories[0]?.services.filter(({ type }) => type === '110') ?? []
    const actives = streams.map(
      ({ characteristics }) => characteristics.find(({ type }) => type === 'B0')?.iid,
    )
    expect(actives).toHaveLength(2)
    await Promise.all([
      put(client, [{ iid: actives[0], value: 0 }]),
      put(other, [{ iid: actives[1], value: 0 }]),
    ])
    const picture = await client.request('POST', '/resource', { 'resource-type': 'image' })
    expect(parse(picture.body)).toEqual({ status: -70412 })
  })
})

describe('timed writes', () => {
  const pid = 11_122_333
  const ttl = 60_000

  test('are good once, with the right number, and in time', async () => {
    const { client, iid } = await ready()
    const audio = iid('cameraEventRecordingManagement', 'recordingAudioActive')
    const night = iid('cameraOperatingMode', 'nightVision')
    const entries = [
      { iid: audio, value: 1 },
      { iid: night, value: false },
    ]
    const refused = results({ iid: audio, status: -70410 }, { iid: night, status: -70410 })
    const prepare = (body: object) => client.json('PUT', '/prepare', body)
    expect(await put(client, entries, { pid })).toEqual(refused)
    expect(await prepare({ ttl, pid, unknown: 1 })).toEqual({ status: 0 })
    // A write without a number does not use it up.
    expect(await put(client, [{ iid: night, value: true }])).toEqual(done)
    expect(await put(client, entries, { pid })).toEqual(done)
    expect(await put(client, entries, { pid })).toEqual(refused)
    await prepare({ ttl, pid })
    expect(await put(client, entries, { pid: 1 })).toEqual(refused)
    expect(await put(client, entries, { pid })).toEqual(refused)
    await prepare({ ttl, pid: 1 })
    await prepare({ ttl, pid: 2 })
    expect(await put(client, entries, { pid: 1 })).toEqual(refused)
    await prepare({ ttl: 0, pid })
    expect(await put(client, entries, { pid })).toEqual(refused)
    await prepare({ ttl, pid: 2 ** 63 })
    expect(await put(client, entries, { pid: 2 ** 63 })).toEqual(done)
  })

  test('are over after their time to live', async () => {
    virtualTime()
    const { client, iid } = await ready()
    const entry = { iid: iid('cameraEventRecordingManagement', 'recordingAudioActive'), value: 1 }
    await client.json('PUT', '/prepare', { ttl: 2500, pid })
    await pass(2500)
    expect(await put(client, [entry], { pid })).toEqual(done)
    await client.json('PUT', '/prepare', { ttl: 2500, pid })
    await pass(2501)
    const refused = results({ iid: entry.iid, status: -70410 })
    expect(await put(client, [entry], { pid })).toEqual(refused)
  })

  test('belong to their connection', async () => {
    const { client, iid, port, admin } = await ready()
    const entries = [
      { iid: iid('cameraEventRecordingManagement', 'recordingAudioActive'), value: 1 },
    ]
    await client.json('PUT', '/prepare', { ttl, pid })
    const other = await admin.connect(port)
    expect((await put(other, entries, { pid })).status).toBe(207)
    expect((await put(client, entries, { pid })).status).toBe(204)
  })

  test.each(['{}', '{"ttl":1}', '{"pid":1}', '{"ttl":-1,"pid":1}', 'x'])(
    '%s is 400',
    async body => {
      const { client } = await ready()
      expect((await client.request('PUT', '/prepare', body)).status).toBe(400)
    },
  )
})
