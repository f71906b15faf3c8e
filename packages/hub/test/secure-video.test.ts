import { selectedCameraRecordingConfiguration } from '@hksv/hap'
import {
  AccessoryClient,
  arm,
  chooseConfiguration,
  describeAccessory,
  disarm,
  motionCharacteristic,
  readOffer,
} from '@hksv/hub'
import { describe, expect, it } from 'vitest'
import { iidOf, offer, serviceJson } from './support/camera-database.ts'
import { connect } from './support/connect.ts'
import { json, TestAccessory } from './support/test-accessory.ts'

/** What was written, as short UUID and value, in order. */
function written({ requests, services }: TestAccessory): [string, unknown][] {
  const all = services.flatMap(({ characteristics: list }) => list)
  return requests
    .filter(({ path }) => path === '/characteristics')
    .flatMap(
      ({ body }) =>
        (body as { characteristics: { iid: number; value: unknown }[] }).characteristics,
    )
    .map(({ iid, value }) => [all.find(each => each.iid === iid)?.type ?? '', value])
}

const remove = (accessory: TestAccessory, type: string) => {
  const kept = accessory.services.filter(each => each.type !== type)
  accessory.services.splice(0, accessory.services.length, ...kept)
}

describe('arming', () => {
  it('reads the offer, selects, and switches everything on in the order of home hubs', async () => {
    const { accessory, client } = await connect()
    const selected = await arm(client)
    expect(selected).toEqual(chooseConfiguration(offer))
    const bytes = selectedCameraRecordingConfiguration.encode(selected)
    expect(written(accessory)).toEqual([
      ['209', Buffer.from(bytes).toString('base64')],
      ['21B', 1],
      ['223', 1],
      ['225', 1],
      ['B0', 1],
      ['B0', 1],
      ['226', 1],
      ['B0', 1],
    ])
    const on = [
      [40, 'active'],
      [50, 'active'],
      [90, 'active'],
      [90, 'recordingAudioActive'],
      [70, 'homeKitCameraActive'],
    ] as const
    for (const [service, name] of on) {
      expect(accessory.characteristic(iidOf(accessory.services, service, name)).value).toBe(1)
    }
    // Two of them demand timed writes.
    expect(accessory.requests.filter(({ path }) => path === '/prepare')).toHaveLength(2)
  })

  it('does as it is told', async () => {
    const { accessory, client } = await connect()
    const wishes = { prebufferMs: 2000, width: 1280, height: 720, bitRateKbps: 800, audio: false }
    const { general, video } = await arm(client, wishes)
    expect(general.prebufferLengthMs).toBe(2000)
    expect(video.attributes).toMatchObject({ width: 1280, height: 720 })
    expect(video.parameters.bitRateKbps).toBe(800)
    expect(written(accessory)).toContainEqual(['226', 0])
  })

  it('takes values that changed since the database was read', async () => {
    const { accessory, client } = await connect()
    const iid = iidOf(accessory.services, 90, 'supportedCameraRecordingConfiguration')
    // 8000 ms.
    accessory.characteristic(iid).value = 'AQRAHwAAAggDAAAAAAAAAAMLAQEAAgYBBKAPAAA='
    expect((await readOffer(client)).general.prebufferLengthMs).toBe(8000)
  })

  it('falls back on the database when an offer cannot be read', async () => {
    const { accessory, client } = await connect()
    accessory.intervene = ({ method }) =>
      method === 'GET' ? json(207, { characteristics: [] }) : undefined
    expect(await readOffer(client)).toEqual(offer)
  })

  it('leaves out what a camera does not have', async () => {
    const { accessory, client } = await connect({
      prepare: ({ services }) => {
        for (const service of services) {
          const { characteristics: list } = service
          const rare = ['223', '225', '226']
          service.characteristics = list.filter(
            ({ type }) => !rare.includes(type) && !(service.type === '110' && type === 'B0'),
          )
        }
      },
    })
    await arm(client)
    expect(written(accessory).map(([type]) => type)).toEqual(['209', '21B', 'B0'])
  })

  it('touches only the accessory of the recording service', async () => {
    const accessory = await TestAccessory.start()
    const paired = await accessory.pairedStore()
    accessory.intervene = ({ path }) =>
      path === '/accessories'
        ? json(200, {
            accessories: [
              { aid: 1, services: accessory.services },
              { aid: 2, services: [serviceJson('cameraRtpStreamManagement', 40)] },
            ],
          })
        : undefined
    const client = await AccessoryClient.connect(paired)
    await arm(client)
    const aids = accessory.requests.flatMap(({ body }) =>
      ((body as { characteristics?: { aid: number }[] })?.characteristics ?? []).map(
        each => each.aid,
      ),
    )
    expect(new Set(aids)).toEqual(new Set([1]))
  })

  it.each([
    ['is no camera', '204'],
    ['has no modes', '21A'],
  ])('is not for an accessory that %s, and writes nothing', async (_name, type) => {
    const { accessory, client } = await connect({ prepare: each => remove(each, type) })
    await expect(arm(client)).rejects.toMatchObject({ code: 'HUB_NO_CAMERA' })
    expect(written(accessory)).toEqual([])
  })

  it('says which configuration cannot be read', async () => {
    const { client } = await connect({
      prepare: accessory => {
        const iid = iidOf(accessory.services, 90, 'supportedVideoRecordingConfiguration')
        accessory.characteristic(iid).value = 'AQ=='
      },
    })
    await expect(arm(client)).rejects.toMatchObject({
      code: 'HUB_PROTOCOL',
      message: expect.stringContaining('supportedVideoRecordingConfiguration'),
    })
  })

  it('stops at the first refusal', async () => {
    const { accessory, client } = await connect()
    const iid = iidOf(accessory.services, 70, 'homeKitCameraActive')
    accessory.intervene = ({ path, body }) =>
      path === '/characteristics' && body.includes(`"iid":${iid},`)
        ? json(207, { characteristics: [{ aid: 1, iid, status: -70401 }] })
        : undefined
    await expect(arm(client)).rejects.toMatchObject({
      code: 'HUB_REFUSED',
      message: expect.stringMatching(/homeKitCameraActive.*administrator/),
    })
    expect(written(accessory).map(([type]) => type)).toEqual(['209', '21B'])
  })
})

describe('disarming', () => {
  it('switches recordings off, and nothing else', async () => {
    const { accessory, client } = await connect()
    await disarm(client)
    expect(written(accessory)).toEqual([['B0', 0]])
    const recording = accessory.services.find(({ type }) => type === '204')
    expect(accessory.requests.at(-1)?.body).toMatchObject({
      characteristics: [{ iid: (recording?.iid ?? 0) + 1 }],
    })
  })
})

describe('the motion sensor', () => {
  it('is the one that recordings hang on', async () => {
    const { client } = await connect()
    expect(motionCharacteristic(client).iid).toBe(61)
  })

  it('can be missing', async () => {
    const { client } = await connect({ prepare: accessory => remove(accessory, '85') })
    expect(() => motionCharacteristic(client)).toThrow(
      expect.objectContaining({ code: 'HUB_NO_CAMERA' }),
    )
  })
})

describe('describeAccessory', () => {
  it('shows names, values as they are now, and configurations by their fields', async () => {
    const { accessory, client } = await connect()
    const selected = await arm(client)
    const described = await describeAccessory(client)
    expect(described).toMatchObject({ deviceId: accessory.identity.identifier, name: 'Porch' })
    expect(described).toMatchObject({ ...accessory.address, mode: 'streamAndRecord' })
    const recording = described.services.find(({ iid }) => iid === 90)
    const fields = Object.fromEntries(
      (recording?.characteristics ?? []).map(each => [each.name, each.decoded ?? each.value]),
    )
    expect(fields).toEqual({
      active: 1,
      supportedCameraRecordingConfiguration: offer.general,
      supportedVideoRecordingConfiguration: offer.video,
      supportedAudioRecordingConfiguration: offer.audio,
      selectedCameraRecordingConfiguration: selected,
      recordingAudioActive: 1,
    })
  })

  it('has nothing decoded before anything was selected, and says what is no TLV', async () => {
    const { accessory, client } = await connect()
    const iid = iidOf(accessory.services, 90, 'supportedAudioRecordingConfiguration')
    accessory.characteristic(iid).value = 'AQ=='
    const { services } = await describeAccessory(client)
    const all = services.flatMap(each => each.characteristics)
    const named = (name: string) => all.find(each => each.name === name)
    expect(named('selectedCameraRecordingConfiguration')).not.toHaveProperty('decoded')
    expect(named('selectedCameraRecordingConfiguration')).not.toHaveProperty('defect')
    expect(named('supportedAudioRecordingConfiguration')).toMatchObject({
      value: 'AQ==',
      defect: expect.any(String),
    })
  })

  it.each([
    ['off', 0, 0, 0],
    ['off', 1, 0, 1],
    ['detectActivity', 0, 1, 0],
    ['stream', 1, 1, 0],
    ['streamAndRecord', 1, true, 1],
  ])('knows the mode %s', async (mode, rtp, camera, recording) => {
    const { accessory, client } = await connect()
    const values = [
      [40, 'active', rtp],
      [70, 'homeKitCameraActive', camera],
      [90, 'active', recording],
    ] as const
    for (const [service, name, value] of values) {
      accessory.characteristic(iidOf(accessory.services, service, name)).value = value
    }
    expect((await describeAccessory(client)).mode).toBe(mode)
  })

  it('knows no mode of what is no camera', async () => {
    const { client } = await connect({ prepare: accessory => remove(accessory, '204') })
    const { mode, services } = await describeAccessory(client)
    expect(mode).toBeUndefined()
    expect(services.map(({ name }) => name)).toContain('motionSensor')
  })
})
