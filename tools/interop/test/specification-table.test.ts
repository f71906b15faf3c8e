import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type CameraOptions, startCamera } from '@hksv/accessory'
import { nodeProvider } from '@hksv/crypto/node'
import {
  characteristicDefinition,
  type ServiceName,
  selectedCameraRecordingConfiguration,
  services,
} from '@hksv/hap'
import { dataSendReason, encodeSetupRequest, encodeSetupResponse } from '@hksv/hds'
import {
  AccessoryClient,
  ControllerStore,
  chooseConfiguration,
  pair,
  type RemoteDatabase,
  readOffer,
} from '@hksv/hub'
import { openSource } from '@hksv/media'
import { decodeListItems } from '@hksv/tlv8'
import { describe, expect, onTestFinished, test } from 'vitest'

const text = readFileSync(new URL('../../../docs/specification.md', import.meta.url), 'utf8')

/** The rows of the table that begins with these column heads. */
function rowsOf(...heads: string[]): string[][] {
  const lines = text.split('\n')
  const cells = (line = '') =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim().replace(/^`(.*)`$/, '$1'))
  const start = lines.findIndex(line => heads.every((head, i) => cells(line)[i] === head))
  if (start === -1) throw new Error(`there is no table with ${heads.join(', ')}`)
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'))
  return lines.slice(start + 2, end).map(cells)
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** A running camera as a hub sees it, and how the hub would arm it. */
async function seen(options: Partial<CameraOptions>) {
  const directory = await mkdtemp(join(tmpdir(), 'hksv-specification-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const source = await openSource('sample')
  onTestFinished(() => source[Symbol.asyncDispose]())
  const where = { host: '127.0.0.1', mdns: false, log: silent, storage: join(directory, 'camera') }
  const camera = await startCamera({ name: 'Porch', ...where, source, ...options })
  onTestFinished(() => camera.close())
  const store = await ControllerStore.open(join(directory, 'hub'), nodeProvider)
  const { port, setupCode = '' } = camera.info
  const accessory = await pair({ store, host: '127.0.0.1', port, setupCode })
  const client = await AccessoryClient.connect({ store, accessory })
  onTestFinished(() => client.close())
  return { database: client.database, selected: chooseConfiguration(await readOffer(client)) }
}

const everything = { isDoorbell: true, hasOccupancySensor: true }

/** The specification spells names as Apple does. */
const nameOf = (name: string) => name.toLowerCase()

/** Service, characteristic, UUID, format and permissions of each characteristic that is there. */
function shipped({ services: all }: RemoteDatabase): string[] {
  const rows = all.flatMap(({ name, characteristics }) =>
    characteristics.map(each => {
      if (name === undefined || each.name === undefined) throw new Error('one of no table')
      const { type } = characteristicDefinition(name, each.name)
      return [nameOf(name), nameOf(each.name), type, each.format, each.perms.join(' ')].join(' | ')
    }),
  )
  return [...new Set(rows)].sort()
}

describe('the table of characteristics', () => {
  const documented = rowsOf('service', 'characteristic', 'UUID', 'format', 'permissions').map(
    ([service = '', characteristic = '', ...rest]) =>
      [nameOf(service), nameOf(characteristic), ...rest.slice(0, 3)].join(' | '),
  )

  test('has a row for each that a doorbell with everything has, and no other', async () => {
    const { database } = await seen(everything)
    expect(documented.toSorted()).toEqual(shipped(database))
  })

  test('has each of a plain camera', async () => {
    const { database } = await seen({})
    expect(documented).toEqual(expect.arrayContaining(shipped(database)))
  })
})

test('the table of services has the UUIDs of those that a camera can have', async () => {
  const { database } = await seen(everything)
  const rows = rowsOf('service', 'UUID').map(([name = '', uuid]) => `${nameOf(name)} ${uuid}`)
  const there = new Set(database.services.map(({ name }) => name))
  const expected = [...there].map(name => {
    if (name === undefined) throw new Error('one of no table')
    return `${nameOf(name)} ${services[name satisfies ServiceName].type}`
  })
  expect(rows.toSorted()).toEqual(expected.toSorted())
})

describe('the table of fields', () => {
  const rows = rowsOf('of', 'field', 'name', 'format').map(([of, field]) => `${of} ${field}`)

  /** Every field in a value, by its path; what the table says to have fields is opened. */
  function fieldsOf(of: string, value: Uint8Array, prefix = ''): string[] {
    return decodeListItems(value).flatMap(({ type, value: inner }) => {
      const path = `${prefix}${type}`
      const hasFields = rows.some(row => row.startsWith(`${of} ${path}.`))
      return [`${of} ${path}`, ...(hasFields ? fieldsOf(of, inner, `${path}.`) : [])]
    })
  }

  test('has a row for each that is sent, and no other', async () => {
    const { database, selected } = await seen({ ...everything })
    const sent = new Set<string>()
    const add = (of: string, value: Uint8Array) => {
      for (const field of fieldsOf(of, value)) sent.add(field)
    }
    for (const { name, characteristics } of database.services) {
      for (const each of characteristics) {
        if (name === undefined || each.name === undefined || each.format !== 'tlv8') continue
        const { type } = characteristicDefinition(name, each.name)
        add(type, Buffer.from(String(each.value), 'base64'))
      }
    }
    add('209', selectedCameraRecordingConfiguration.encode(selected))
    const salt = new Uint8Array(32)
    add('131 write', encodeSetupRequest({ controllerKeySalt: salt }))
    add(
      '131 response',
      encodeSetupResponse({ status: 'success', port: 50_000, accessoryKeySalt: salt }),
    )
    expect([...sent].toSorted()).toEqual(rows.toSorted())
  })
})

test('the table of reasons has each that there is', () => {
  const rows = rowsOf('number', 'name').map(([number, name]) => `${number} ${name}`)
  const reasons = Object.entries(dataSendReason).map(([name, number]) => `${number} ${name}`)
  expect(rows.toSorted()).toEqual(reasons.toSorted())
})
