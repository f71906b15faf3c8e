import {
  type AccessoryEvent,
  type AccessoryOptions,
  hapStatusError,
  type NamedCharacteristics,
  type RequestContext,
  type RunningAccessory,
  type ServiceSpecs,
  startAccessory,
} from '@hksv/accessory'
import { hapStatus } from '@hksv/hap'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'

import { Controller, type HapClient, Mailbox } from './client.ts'
import { addGuest, type Described } from './support/camera.ts'
import { temporaryDirectory } from './support/directory.ts'
import { done, get, put, results } from './support/requests.ts'
import { pass, virtualTime } from './support/virtual-hub.ts'

const ECO = 'E863F10D-079E-48FF-8F27-9C2605A29F52'

interface Stage<S extends ServiceSpecs> {
  readonly accessory: RunningAccessory<S>
  readonly admin: Controller
  readonly client: HapClient
  readonly events: Mailbox<AccessoryEvent>
  /** The instance id of the first characteristic of this type. */
  iid(type: string): number
  readonly described: Described['accessories'][number]
}

/** An accessory with these services, paired, and a verified connection to it. */
async function paired<const S extends ServiceSpecs>(
  services: S,
  options: Partial<AccessoryOptions> = {},
): Promise<Stage<S>> {
  const events = new Mailbox<AccessoryEvent>()
  const accessory = await startAccessory({
    name: 'Thing',
    host: '127.0.0.1',
    mdns: false,
    onEvent: event => events.push(event),
    ...options,
    storage: options.storage ?? (await temporaryDirectory()),
    services,
  })
  onTestFinished(() => accessory.close())
  const admin = new Controller()
  await admin.pair(accessory.info.port, accessory.info.setupCode ?? '')
  const client = await admin.connect(accessory.info.port)
  const { accessories } = (await client.json('GET', '/accessories')) as Described
  const [described] = accessories
  if (described === undefined) throw new Error('no accessory')
  const all = described.services.flatMap(({ characteristics }) => characteristics)
  const iid = (type: string) => all.find(each => each.type === type)?.iid ?? 0
  return { accessory, admin, client, events, iid, described }
}

describe('an accessory of any kind', () => {
  test('has the services it is given, behind those that all have', async () => {
    const { described, accessory } = await paired({
      lamp: { service: 'lightbulb', characteristics: { on: {}, brightness: { value: 70 } } },
      extra: {
        service: { type: ECO },
        characteristics: { name: { value: 'Extra' } },
        custom: {
          eco: { type: ECO, format: 'uint16', perms: ['pr', 'ev'], unit: 'lux', value: 7 },
        },
        isHidden: true,
        linked: ['lamp'],
      },
    })
    const lampId = 10
    expect(described.services.slice(2)).toEqual([
      {
        iid: lampId,
        type: '43',
        characteristics: [
          { iid: 11, type: '25', perms: ['pr', 'pw', 'ev'], format: 'bool', value: false },
          {
            iid: 12,
            type: '8',
            perms: ['pr', 'pw', 'ev'],
            format: 'int',
            unit: 'percentage',
            minValue: 0,
            maxValue: 100,
            minStep: 1,
            value: 70,
          },
        ],
      },
      {
        iid: 13,
        type: ECO,
        hidden: true,
        linked: [lampId],
        characteristics: [
          { iid: 14, type: '23', perms: ['pr'], format: 'string', value: 'Extra' },
          { iid: 15, type: ECO, perms: ['pr', 'ev'], format: 'uint16', unit: 'lux', value: 7 },
        ],
      },
    ])
    expectTypeOf(accessory.services.lamp.on.value).toEqualTypeOf<boolean>()
    expectTypeOf(accessory.services.lamp.brightness.value).toEqualTypeOf<number>()
    expectTypeOf(accessory.services.extra.eco.value).toEqualTypeOf<number>()
    // @ts-expect-error There is no such characteristic in it.
    expect(accessory.services.lamp.hue).toBeUndefined()
  })

  test('says of itself what it is told to', async () => {
    const information = { manufacturer: 'ACME', model: 'L1', serialNumber: 'X-1' }
    const revisions = { firmwareRevision: '2.1', hardwareRevision: '3' }
    const { client, iid } = await paired({}, { information: { ...information, ...revisions } })
    const ids = ['20', '21', '30', '52', '53'].map(type => `1.${iid(type)}`)
    const { body } = await get(client, `id=${ids.join()}`)
    const { characteristics } = body as { characteristics: { value: string }[] }
    expect(characteristics.map(({ value }) => value)).toEqual(['ACME', 'L1', 'X-1', '2.1', '3'])
  })

  test('has no picture', async () => {
    const { client } = await paired({})
    const answer = await client.request('POST', '/resource', { 'resource-type': 'image' })
    expect(answer.status).toBe(404)
  })

  test('forgets what controllers set when the last has left', async () => {
    const { client, iid, accessory, admin, events } = await paired({
      lamp: { service: 'lightbulb', characteristics: { on: { value: true } } },
    })
    await put(client, [{ iid: iid('25'), value: false }])
    expect(accessory.services.lamp.on.value).toBe(false)
    await client.pairings({ method: 'remove', identifier: admin.identifier })
    await client.closed
    expect(accessory.services.lamp.on.value).toBe(true)
    expect(await events.next()).toEqual({ event: 'paired', controllers: 1 })
    expect(await events.next()).toEqual({ event: 'unpaired', controllers: 0 })
  })

  test('keeps the ids of what stays when its services change', async () => {
    const storage = await temporaryDirectory()
    const lamp = { service: 'lightbulb', characteristics: { on: {} } } as const
    const fan = { service: 'fan', characteristics: { on: {} } } as const
    const start = async (services: ServiceSpecs) => {
      const { accessory, client, admin, described } = await paired(services, { storage })
      // Unpaired again, so that the next start can be paired with.
      await client.pairings({ method: 'remove', identifier: admin.identifier })
      await accessory.close()
      return Object.fromEntries(described.services.slice(2).map(({ type, iid }) => [type, iid]))
    }
    expect(await start({ lamp, fan })).toEqual({ 43: 10, 40: 12 })
    expect(await start({ fan })).toEqual({ 40: 12 })
    expect(await start({ added: lamp, fan, lamp })).toEqual({ 40: 12, 43: 10 })
  })
})

/** A sensor with this getter, and its id. */
async function sensor(currentTemperature: NonNullable<NamedCharacteristics['currentTemperature']>) {
  const services = {
    sensor: { service: 'temperatureSensor', characteristics: { currentTemperature } },
  } as const
  const made = await paired(services)
  return { ...made, id: made.iid('11') }
}

/** A lamp whose switch has these handlers, and its id. */
async function lamp(on: NonNullable<NamedCharacteristics['on']>) {
  const made = await paired({ lamp: { service: 'lightbulb', characteristics: { on } } })
  return { ...made, id: made.iid('25') }
}

describe('a getter', () => {
  test('is asked at each read, and told who asks', async () => {
    const seen: RequestContext[] = []
    const { client, id, admin } = await sensor({
      get(context) {
        seen.push(context)
        return Promise.resolve(20 + seen.length)
      },
    })
    const { body } = await get(client, `id=1.${id}`)
    expect(body).toEqual({ characteristics: [{ aid: 1, iid: id, value: 22 }] })
    expect(seen).toHaveLength(2)
    expect(seen[1]).toMatchObject({ isAdmin: true, requester: { controllerId: admin.identifier } })
  })

  test('that fails is null in the database and a status elsewhere', async () => {
    let failure: unknown = new Error('gone')
    const { client, id, described } = await sensor({
      get() {
        throw failure
      },
    })
    expect(described.services.at(-1)?.characteristics[0]?.value).toBeNull()
    expect(await get(client, `id=1.${id}`)).toEqual(results({ iid: id, status: -70402 }))
    failure = hapStatusError(hapStatus.resourceBusy)
    expect(await get(client, `id=1.${id}`)).toEqual(results({ iid: id, status: -70403 }))
  })

  test('has nine seconds, and hears when they are over', async () => {
    virtualTime()
    const asked = new Mailbox<AbortSignal>()
    let answer = (_signal: AbortSignal): number | Promise<number> => 20
    const { client, id } = await sensor({ get: ({ signal }) => answer(signal) })
    answer = signal => {
      asked.push(signal)
      return new Promise(() => undefined)
    }
    const read = get(client, `id=1.${id}`)
    const signal = await asked.next()
    await pass(8999)
    expect(signal.aborted).toBe(false)
    await pass(1)
    expect(await read).toEqual(results({ iid: id, status: -70408 }))
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
  })

  test('hears when nobody waits any more', async () => {
    const asked = new Mailbox<AbortSignal>()
    let answer = (_signal: AbortSignal): number | Promise<number> => 20
    const { client, id } = await sensor({ get: ({ signal }) => answer(signal) })
    answer = signal => {
      asked.push(signal)
      return new Promise(() => undefined)
    }
    const read = expect(get(client, `id=1.${id}`)).rejects.toThrow('closed')
    const signal = await asked.next()
    const aborted = new Promise(resolve => signal.addEventListener('abort', resolve))
    client.close()
    await aborted
    await read
  })
})

describe('a setter', () => {
  test('gets the value before it is stored, and may take its time', async () => {
    const seen = new Mailbox<boolean>()
    const switched = new Mailbox<void>()
    const { client, id, accessory } = await lamp({
      set(isOn) {
        seen.push(isOn)
        return switched.next()
      },
    })
    const write = put(client, [{ iid: id, value: 1 }])
    expect(await seen.next()).toBe(true)
    expect(accessory.services.lamp.on.value).toBe(false)
    switched.push()
    expect(await write).toEqual(done)
    expect(accessory.services.lamp.on.value).toBe(true)
  })

  test('that refuses leaves the value as it was', async () => {
    const { client, id, accessory } = await lamp({
      set() {
        throw hapStatusError(hapStatus.notAllowedInCurrentState)
      },
    })
    const answer = await put(client, [{ iid: id, value: true }])
    expect(answer).toEqual(results({ iid: id, status: -70412 }))
    expect(accessory.services.lamp.on.value).toBe(false)
  })

  test('has nine seconds with all others of its request', async () => {
    virtualTime()
    const asked = new Mailbox<true>()
    const { client, id, accessory } = await lamp({
      set() {
        asked.push(true)
        return new Promise(() => undefined)
      },
    })
    const entry = { iid: id, value: true }
    const write = put(client, [entry, entry])
    await asked.next()
    await pass(9000)
    const late = { iid: id, status: -70408 }
    expect(await write).toEqual(results(late, late))
    expect(accessory.services.lamp.on.value).toBe(false)
  })

  test('of a control point answers the one who writes', async () => {
    const { client, iid, accessory } = await paired({
      lock: {
        service: { type: ECO },
        characteristics: {},
        custom: {
          control: {
            type: ECO,
            format: 'data',
            perms: ['pr', 'pw', 'wr'],
            set: value => Buffer.from(`${value}!`).toString('base64'),
          },
        },
      },
    })
    const entry = { iid: iid(ECO), value: 'AAAA' }
    const value = Buffer.from('AAAA!').toString('base64')
    expect(await put(client, [{ ...entry, r: true }])).toEqual(
      results({ iid: iid(ECO), status: 0, value }),
    )
    expect(await put(client, [entry])).toEqual(done)
    expect(accessory.services.lock.control.value).toBe('')
  })

  test('is asked by administrators alone where the program says so', async () => {
    const { client, admin, accessory, iid } = await paired({
      door: {
        service: 'lightbulb',
        characteristics: { on: {}, brightness: {} },
        adminWrites: ['on', 'brightness'],
        adminReads: ['brightness'],
      },
    })
    const guest = await (await addGuest(client, admin)).connect(accessory.info.port)
    const [on, brightness] = [iid('25'), iid('8')]
    const refused = { iid: brightness, status: -70401 }
    expect(await put(guest, [{ iid: on, value: true }])).toEqual(
      results({ iid: on, status: -70401 }),
    )
    expect(await put(guest, [{ iid: brightness, ev: true }])).toEqual(results(refused))
    expect(await get(guest, `id=1.${brightness}`)).toEqual(results(refused))
    expect(await get(guest, `id=1.${on}`)).toMatchObject({ status: 200 })
    expect(await put(client, [{ iid: on, value: true, ev: true }])).toEqual(done)
  })
})

describe('a value of the program', () => {
  test('reaches whoever listens, once', async () => {
    const { client, id, accessory } = await lamp({})
    await put(client, [{ iid: id, ev: true }])
    const { on } = accessory.services.lamp
    on.update(true)
    on.update(true)
    expect(await client.event()).toEqual({ characteristics: [{ aid: 1, iid: id, value: true }] })
    expect(on.value).toBe(true)
  })

  test('is brought to the nearest step, and not into the range', async () => {
    const { accessory } = await sensor({ minValue: -10 })
    const { currentTemperature } = accessory.services.sensor
    currentTemperature.update(21.537)
    expect(currentTemperature.value).toBe(21.5)
    currentTemperature.update(0.1 + 0.2)
    expect(currentTemperature.value).toBe(0.3)
    for (const value of [-10.1, 101, Number.NaN]) {
      expect(() => currentTemperature.update(value)).toThrow(RangeError)
    }
  })
})
