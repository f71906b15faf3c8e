import { characteristicOf, optionalCharacteristic, RemoteDatabase } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { cameraDatabase, serviceJson } from './support/camera-database.ts'

const parse = (services: unknown, aid: unknown = 1) =>
  RemoteDatabase.parse({ accessories: [{ aid, services }] })

describe('a remote database', () => {
  it('knows the services and characteristics by name', () => {
    const database = parse(cameraDatabase())
    const recording = database.service('cameraEventRecordingManagement')
    expect(recording).toMatchObject({ aid: 1, iid: 90, linked: [80, 60], isPrimary: false })
    const active = characteristicOf(recording, 'active')
    expect(active).toMatchObject({
      aid: 1,
      iid: 91,
      format: 'uint8',
      perms: ['pr', 'pw', 'ev', 'tw'],
    })
    expect(database.find(1, 91)).toBe(active)
    expect(database.find(2, 91)).toBeUndefined()
    expect(database.find(1, 9999)).toBeUndefined()
  })

  it.each([
    ['short', '22'],
    ['short with zeros', '00000022'],
    ['long', '00000022-0000-1000-8000-0026BB765291'],
    ['in lower case', '00000022-0000-1000-8000-0026bb765291'],
  ])('knows a UUID that is %s', (_name, type) => {
    const database = parse([{ iid: 1, type: '85', characteristics: [{ iid: 2, type }] }])
    const [service] = database.services
    expect(service?.characteristics[0]).toMatchObject({
      name: 'motionDetected',
      type: '00000022-0000-1000-8000-0026BB765291',
    })
  })

  it('takes what accessories leave out or write in their own way', () => {
    const type = '34AB8811-AC7F-4340-BAC3-FD6A85F9943B'
    const database = parse(
      [
        { iid: '7', type, primary: 1, linked: ['8'] },
        { iid: 8, type: '85', characteristics: [{ iid: '9', type, value: { odd: true } }] },
      ],
      '12',
    )
    expect(database.services).toEqual([
      {
        aid: 12,
        iid: 7,
        type,
        name: undefined,
        isPrimary: false,
        linked: [8],
        characteristics: [],
      },
      {
        aid: 12,
        iid: 8,
        type: '00000085-0000-1000-8000-0026BB765291',
        name: 'motionSensor',
        isPrimary: false,
        linked: [],
        characteristics: [
          { aid: 12, iid: 9, type, name: undefined, format: 'data', perms: [], value: null },
        ],
      },
    ])
  })

  it.each([
    null,
    [],
    {},
    { accessories: 1 },
    { accessories: [{ aid: 1 }] },
    { accessories: [{ aid: -1, services: [] }] },
    { accessories: [{ aid: 1, services: [{ iid: 1, type: 'motion' }] }] },
    { accessories: [{ aid: 1, services: [{ iid: 1, type: '' }] }] },
  ])('is not made of %j', json => {
    expect(() => RemoteDatabase.parse(json)).toThrow(
      expect.objectContaining({ code: 'HUB_PROTOCOL' }),
    )
  })

  it('finds the service that is linked, or else the first of the same accessory', () => {
    const camera = (linked: number[]) => [
      serviceJson('motionSensor', 20),
      serviceJson('motionSensor', 60),
      serviceJson('cameraEventRecordingManagement', 90, { linked }),
    ]
    const sensorOf = (database: RemoteDatabase) =>
      database.serviceOf(database.service('cameraEventRecordingManagement'), 'motionSensor')
    expect(sensorOf(parse(camera([60])))).toMatchObject({ iid: 60 })
    expect(sensorOf(parse(camera([999])))).toMatchObject({ iid: 20 })
    const bridge = RemoteDatabase.parse({
      accessories: [
        { aid: 1, services: [serviceJson('motionSensor', 60)] },
        { aid: 2, services: camera([60]) },
      ],
    })
    expect(sensorOf(bridge)).toMatchObject({ aid: 2, iid: 60 })
  })

  it('says what is missing to be a camera', () => {
    const sensor = parse([{ iid: 1, type: '85', characteristics: [] }])
    const noCamera = (text: string) =>
      expect.objectContaining({ code: 'HUB_NO_CAMERA', message: expect.stringContaining(text) })
    expect(() => sensor.service('cameraOperatingMode')).toThrow(noCamera('cameraOperatingMode'))
    const [service] = sensor.services
    if (service === undefined) throw new Error('no service')
    expect(optionalCharacteristic(service, 'motionDetected')).toBeUndefined()
    expect(() => characteristicOf(service, 'motionDetected')).toThrow(noCamera('motionDetected'))
    expect(() => sensor.serviceOf(service, 'doorbell')).toThrow(noCamera('doorbell'))
  })
})
