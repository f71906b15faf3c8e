import { access } from 'node:fs/promises'
import { join } from 'node:path'

import { type ServiceSpecs, startAccessory } from '@hksv/accessory'
import { describe, expect, test } from 'vitest'

import { temporaryDirectory } from './support/directory.ts'

const ECO = 'E863F10D-079E-48FF-8F27-9C2605A29F52'

describe('what no controller would understand is refused at the start', () => {
  const custom = { type: ECO, format: 'uint8', perms: ['pr'] } as const
  const rows: [why: string, services: ServiceSpecs][] = [
    ['needs on', { lamp: { service: 'lightbulb', characteristics: {} } }],
    ['two services', { information: { service: 'switch', characteristics: { on: {} } } }],
    ['no name', { 'a/b': { service: 'switch', characteristics: { on: {} } } }],
    ['no UUID', { x: { service: { type: 'ECO' }, characteristics: {} } }],
    ['to link', { x: { service: 'switch', characteristics: { on: {} }, linked: ['y'] } }],
    ['links itself', { x: { service: 'switch', characteristics: { on: {} }, linked: ['x'] } }],
    ['twice', { x: { service: 'switch', characteristics: { on: {} }, custom: { on: custom } } }],
    ...(
      [
        ['once each', { perms: ['pr', 'pr'] }],
        ['need pw', { perms: ['pr', 'tw'] }],
        ['needs pr', { perms: ['pw', 'ev'] }],
        ['above maxValue', { minValue: 2, maxValue: 1 }],
        ['ascend', { validValues: [2, 1] }],
        ['no maxLength', { maxLength: 3 }],
        ['no UUID', { type: 'G' }],
      ] as const
    ).map(([why, change]): [string, ServiceSpecs] => [
      why,
      {
        x: {
          service: 'switch',
          characteristics: { on: {} },
          custom: { y: { ...custom, ...change } },
        },
      },
    ]),
  ]

  test.each(rows)('%s', async (why, services) => {
    const storage = await temporaryDirectory()
    const options = { name: 'Thing', host: '127.0.0.1', mdns: false, storage }
    await expect(startAccessory({ ...options, services })).rejects.toThrow(why)
    // Nothing is left open.
    await (await startAccessory({ ...options, services: {} })).close()
  })

  test.each([
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(64) }],
    ['serial number', { information: { serialNumber: '1' } }],
    ['revision', { information: { firmwareRevision: 'v1' } }],
    ['model', { information: { model: '' } }],
  ])('a %s that does not do, before anything is written', async (why, options) => {
    const storage = join(await temporaryDirectory(), 'state')
    const started = startAccessory({ name: 'Thing', storage, services: {}, ...options })
    await expect(started).rejects.toThrow(why)
    await expect(access(storage)).rejects.toThrow('ENOENT')
  })
})
