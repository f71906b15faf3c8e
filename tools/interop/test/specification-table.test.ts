import {
  type CharacteristicName,
  characteristicDefinition,
  type ServiceDefinition,
  type ServiceName,
  selectedCameraRecordingConfiguration,
  services,
} from '@hksv/hap'
import { encodeSetupRequest, encodeSetupResponse } from '@hksv/hds'
import {
  chooseConfiguration,
  type RemoteCharacteristic,
  type RemoteDatabase,
  readOffer,
} from '@hksv/hub'
import { decodeListItems } from '@hksv/tlv8'
import { describe, expect, test } from 'vitest'

import { rowsOf, seen, tables } from './support/specification.ts'

const everything = {
  isDoorbell: true,
  hasOccupancySensor: true,
  information: { hardwareRevision: '1.0' },
}

/** The specification spells names as Apple does. */
const nameOf = (name: string) => name.toLowerCase()

/** What the tables know of something that a camera has. */
function known<Name extends string>(name: Name | undefined): Name {
  if (name === undefined) throw new Error('a camera has something that is in no table')
  return name
}

test('every row has a cell for each column, and says what we ship', () => {
  for (const { heads, rows } of tables) {
    const shipped = heads.findIndex(head => ['we ship', 'we do', 'answer'].includes(head))
    for (const row of rows) {
      expect(row, row.join(' | ')).toHaveLength(heads.length)
      if (shipped !== -1) expect(row[shipped], row.join(' | ')).not.toBe('')
    }
  }
})

describe('the table of characteristics', () => {
  const documented = rowsOf('service', 'characteristic', 'UUID', 'format', 'permissions').map(row =>
    [nameOf(row.service), nameOf(row.characteristic), row.UUID, row.format, row.permissions].join(),
  )

  /** A row as the camera publishes it; that only administrators write stands in the definition. */
  function rowOf(service: ServiceName, { name, format, perms }: RemoteCharacteristic): string {
    const definition = characteristicDefinition(service, known<CharacteristicName>(name))
    expect({ format, perms }).toEqual({ format: definition.format, perms: definition.perms })
    const { adminWrites = [] }: ServiceDefinition = services[service]
    const permissions = [...perms, ...(adminWrites.includes(known(name)) ? ['admin'] : [])].join(
      ' ',
    )
    return [nameOf(service), nameOf(known(name)), definition.type, format, permissions].join()
  }

  function shipped(database: RemoteDatabase): string[] {
    const rows = database.services.flatMap(({ name, characteristics }) =>
      characteristics.map(each => rowOf(known(name), each)),
    )
    return [...new Set(rows)].sort()
  }

  test('has a row for each that a doorbell with everything has, and no other', async () => {
    const { client } = await seen(everything)
    expect(documented.toSorted()).toEqual(shipped(client.database))
  })

  test('has each of a plain camera', async () => {
    const { client } = await seen()
    expect(documented).toEqual(expect.arrayContaining(shipped(client.database)))
  })
})

test('the table of services has those that a camera can have, with their UUIDs', async () => {
  const { client } = await seen(everything)
  const rows = rowsOf('service', 'UUID', 'specification').map(row => [
    nameOf(row.service),
    row.UUID,
  ])
  const there = new Set(client.database.services.map(({ name }) => known<ServiceName>(name)))
  const expected = [...there].map(name => [nameOf(name), services[name].type])
  expect(rows.toSorted()).toEqual(expected.toSorted())
})

test('services are linked, counted and primary as their table says', async () => {
  const { client } = await seen(everything)
  const { database } = client
  const rows = rowsOf('service', 'UUID', 'specification', 'we ship')
  const textOf = (service: string) => {
    const row = rows.find(each => each.service === service)
    return `${row?.specification} ${row?.['we ship']}`
  }
  const recording = database.service('cameraEventRecordingManagement')
  const linked = database.services.filter(({ iid }) => recording.linked.includes(iid))
  const named = rows.filter(({ service }) =>
    textOf('CameraEventRecordingManagement').includes(service),
  )
  expect(linked.map(({ name }) => nameOf(known(name))).toSorted()).toEqual(
    named.map(({ service }) => nameOf(service)).toSorted(),
  )
  expect(textOf('CameraRTPStreamManagement')).toContain('two, or 1 to 4')
  expect(database.all('cameraRtpStreamManagement')).toHaveLength(2)
  const primary = rows.filter(({ service }) => textOf(service).includes('the primary service'))
  expect(database.services.filter(({ isPrimary }) => isPrimary).map(({ name }) => name)).toEqual(
    primary.map(({ service }) => service.toLowerCase()),
  )
})

test('characteristics have the first value that their table says', async () => {
  const { client } = await seen(everything)
  const heads = [
    'service',
    'characteristic',
    'UUID',
    'format',
    'permissions',
    'specification',
  ] as const
  const said = rowsOf(...heads, 'we ship').flatMap(row => {
    const value = /(\S+) at first|^reads `?([^`;,]+)|^(\d[\d.]*)$/.exec(row['we ship'])
    return value === null ? [] : [{ ...row, value: value[1] ?? value[2] ?? value[3] }]
  })
  expect(said.length).toBeGreaterThan(10)
  for (const { service, characteristic, value } of said) {
    const found = client.database.services
      .filter(({ name }) => nameOf(known<ServiceName>(name)) === nameOf(service))
      .flatMap(({ characteristics }) => characteristics)
      .filter(({ name }) => nameOf(known<CharacteristicName>(name)) === nameOf(characteristic))
    expect(found).not.toEqual([])
    for (const each of found) {
      const read = each.value === '' ? '""' : String(each.value)
      expect(`${service} ${characteristic} ${read}`).toBe(`${service} ${characteristic} ${value}`)
    }
  }
})

describe('the table of members', () => {
  const rows = rowsOf('of', 'member', 'name', 'format')
  const formatOf = new Map(rows.map(({ of, member, format }) => [`${of} ${member}`, format]))
  const lengths: Readonly<Record<string, number>> = { uint8: 1, uint16: 2, uint32: 4, uint64: 8 }

  /** Every member of a value, by its path; what the table says to have members is opened. */
  function membersOf(of: string, value: Uint8Array, prefix = ''): string[] {
    return decodeListItems(value).flatMap(({ type, value: inner }) => {
      const path = `${of} ${prefix}${type}`
      const format = formatOf.get(path) ?? ''
      const bytes = lengths[format.replace('list of ', '')] ?? Number.parseInt(format, 10)
      if (!Number.isNaN(bytes)) expect(inner, `${path}: ${format}`).toHaveLength(bytes)
      const hasMembers = format === 'nested' || format === 'list'
      return [path, ...(hasMembers ? membersOf(of, inner, `${prefix}${type}.`) : [])]
    })
  }

  test('has a row for each that is sent, of its length, and no other', async () => {
    const { client } = await seen(everything)
    const sent = new Set<string>()
    const add = (of: string, value: Uint8Array) => {
      for (const member of membersOf(of, value)) sent.add(member)
    }
    for (const { name, characteristics } of client.database.services) {
      for (const each of characteristics.filter(({ format }) => format === 'tlv8')) {
        const { type } = characteristicDefinition(known(name), known(each.name))
        add(type, Buffer.from(String(each.value), 'base64'))
      }
    }
    const selected = chooseConfiguration(await readOffer(client))
    add('209', selectedCameraRecordingConfiguration.encode(selected))
    const salt = new Uint8Array(32)
    const success = { status: 'success', port: 50_000, accessoryKeySalt: salt } as const
    add('131 write', encodeSetupRequest({ controllerKeySalt: salt }))
    add('131 response', encodeSetupResponse(success))
    expect([...sent].toSorted()).toEqual([...formatOf.keys()].toSorted())
  })
})
