import { readFileSync } from 'node:fs'

import { startAccessory } from '@hksv/accessory'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, onTestFinished, test } from 'vitest'

import { Controller } from './client.ts'
import { type Described, pairedStage } from './support/camera.ts'
import { temporaryDirectory } from './support/directory.ts'

const path = new URL('../../../docs/schema/accessories.schema.json', import.meta.url)
const ajv = new Ajv2020({ allErrors: true, strict: false })
const isValid = ajv.compile(JSON.parse(readFileSync(path, 'utf8')))

/** What is wrong with it. */
function findings(body: unknown): string[] {
  return isValid(body)
    ? []
    : (isValid.errors ?? []).map(each => `${each.instancePath} ${each.message}`)
}

/** The rules that a schema cannot express. */
function crossFindings({ accessories }: Described): string[] {
  return accessories.flatMap(({ services }) => {
    const iids = services.flatMap(({ iid, characteristics }) => [
      iid,
      ...characteristics.map(each => each.iid),
    ])
    const isOwn = new Set(services.map(({ iid }) => iid))
    const strays = services.flatMap(({ linked = [] }) => linked).filter(iid => !isOwn.has(iid))
    return [
      ...(new Set(iids).size === iids.length ? [] : ['an iid stands twice']),
      ...strays.map(iid => `${iid} is linked and not there`),
    ]
  })
}

describe('GET /accessories', () => {
  test.each([false, true])('of a camera keeps to the schema (doorbell: %s)', async isDoorbell => {
    const { client } = await pairedStage({ isDoorbell })
    const body = (await client.json('GET', '/accessories')) as Described
    expect(findings(body)).toEqual([])
    expect(crossFindings(body)).toEqual([])
  })

  test('of an accessory with failing and hidden parts keeps to the schema', async () => {
    const accessory = await startAccessory({
      name: 'Thing',
      host: '127.0.0.1',
      mdns: false,
      storage: await temporaryDirectory(),
      services: {
        button: {
          service: 'statelessProgrammableSwitch',
          characteristics: { programmableSwitchEvent: {} },
        },
        sensor: {
          service: 'temperatureSensor',
          characteristics: {
            currentTemperature: { get: () => Promise.reject(new Error('broken')) },
          },
          linked: ['button'],
          isHidden: true,
        },
        own: {
          service: { type: 'E863F10D-079E-48FF-8F27-9C2605A29F52' },
          characteristics: {},
          custom: {
            data: {
              type: 'E863F10E-079E-48FF-8F27-9C2605A29F52',
              format: 'tlv8',
              perms: ['pr', 'pw', 'wr'],
              get: () => Promise.reject(new Error('broken')),
            },
          },
        },
      },
    })
    onTestFinished(() => accessory.close())
    const admin = new Controller()
    await admin.pair(accessory.info.port, accessory.info.setupCode ?? '')
    const client = await admin.connect(accessory.info.port)
    const body = (await client.json('GET', '/accessories')) as Described
    expect(findings(body)).toEqual([])
    expect(crossFindings(body)).toEqual([])
  })

  const good = { iid: 2, type: '25', perms: ['pr', 'pw'], format: 'bool', value: true }
  test.each([
    ['a type with a leading zero', { type: '025' }],
    ["Apple's type at full length", { type: '00000025-0000-1000-8000-0026BB765291' }],
    ['a permission twice', { perms: ['pr', 'pr'] }],
    ['no value where one can be read', { value: undefined }],
    ['a value that nobody may read', { perms: ['pw'] }],
    ['a notification of what cannot be read', { perms: ['pw', 'ev'], value: undefined }],
    ['timed writes of what cannot be written', { perms: ['pr', 'tw'] }],
    ['a text as bool', { value: 'true' }],
    ['a range of a bool', { minValue: 0 }],
    ['a fraction as integer', { format: 'uint8', value: 1.5 }],
    ['no base64', { format: 'tlv8', value: 'A' }],
    ['an unknown member', { colour: 'red' }],
  ])('%s is found', (_, change) => {
    const body = (characteristic: object): unknown => ({
      accessories: [
        { aid: 1, services: [{ iid: 1, type: '3E', characteristics: [characteristic] }] },
      ],
    })
    expect(findings(body(good))).toEqual([])
    const changed = JSON.parse(JSON.stringify({ ...good, ...change }))
    expect(findings(body(changed))).not.toEqual([])
  })
})
