import { chooseProvider } from '@hksv/crypto/node'
import type { CharacteristicName, ServiceName } from '@hksv/hap'
import {
  recordingSampleRates,
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
} from '@hksv/hap'
import {
  type AccessoryClient,
  arm,
  characteristicOf,
  HapConnection,
  readOffer,
  type Value,
  verify,
} from '@hksv/hub'
import { decodeItems } from '@hksv/tlv8'
import { expect, onTestFinished, test } from 'vitest'

import { rowsOf, type Seen, seen } from './support/specification.ts'

/** Writes one characteristic of each such service. */
async function write(
  { database, write }: Pick<AccessoryClient, 'database' | 'write'>,
  service: ServiceName,
  name: CharacteristicName,
  values: readonly Value[],
): Promise<void> {
  for (const [i, one] of database.all(service).entries()) {
    await write(characteristicOf(one, name), values[i % values.length] ?? null)
  }
}

interface Switches {
  readonly streaming: readonly number[]
  readonly camera: number
  readonly disabled: number
  readonly event?: number
  readonly periodic?: number
  readonly recording?: number
}

async function setSwitches({ camera, client }: Seen, switches: Switches): Promise<void> {
  const { streaming, event = 1, periodic = 1, recording = 1 } = switches
  const hub = { database: client.database, write: client.write.bind(client) }
  await write(hub, 'cameraRtpStreamManagement', 'active', streaming)
  await write(hub, 'cameraOperatingMode', 'homeKitCameraActive', [switches.camera])
  await write(hub, 'cameraOperatingMode', 'eventSnapshotsActive', [event])
  await write(hub, 'cameraOperatingMode', 'periodicSnapshotsActive', [periodic])
  await write(hub, 'cameraEventRecordingManagement', 'active', [recording])
  await camera.setManuallyDisabled(switches.disabled === 1)
}

/** Asks for pictures on a connection of its own, with any reason. */
async function photographer({ client, store, accessory }: Seen) {
  const crypto = chooseProvider()
  const connection = await HapConnection.open(crypto, client.address)
  onTestFinished(() => connection.close())
  await verify({ crypto, connection, identity: store.identity, accessory })
  return async (reason: number | undefined): Promise<string> => {
    const wanted = { 'image-width': 320, 'image-height': 180, 'resource-type': 'image', reason }
    const bytes = Buffer.from(JSON.stringify(wanted))
    const body = { type: 'application/hap+json', bytes }
    const answer = await connection.request('POST', '/resource', body)
    if (answer.status === 200) return 'picture'
    expect(answer.status).toBe(207)
    return String(JSON.parse(Buffer.from(answer.body).toString()).status)
  }
}

/** All ways to take one of each. */
function combinations<T>(...choices: readonly (readonly T[])[]): T[][] {
  return choices.reduce<T[][]>(
    (ways, choice) => ways.flatMap(way => choice.map(one => [...way, one])),
    [[]],
  )
}

test('the table of pictures says the answer to every request in every state', async () => {
  const heads = ['Active of 110', '21B', '227', '223', '225', 'reason'] as const
  const rows = rowsOf(...heads, 'answer')
  const expected = (values: readonly string[]) =>
    rows.find(row => heads.every((head, i) => row[head] === 'any' || row[head] === values[i]))
  const home = await seen()
  const ask = await photographer(home)
  const switches = combinations(...Array.from({ length: 4 }, () => [0, 1]))
  for (const [camera = 0, disabled = 0, event = 0, periodic = 0] of switches) {
    for (const streaming of [
      [0, 0],
      [0, 1],
      [1, 1],
    ]) {
      await setSwitches(home, { streaming, camera, disabled, event, periodic })
      for (const reason of [undefined, 0, 1, 2]) {
        const isShown = streaming.includes(1) ? 1 : 0
        const values = [
          isShown,
          camera,
          disabled,
          event,
          periodic,
          reason === 0 || reason === 1 ? reason : 'other',
        ].map(String)
        expect([...values, await ask(reason)]).toEqual([...values, expected(values)?.answer])
      }
    }
  }
})

test('the table of states says what a camera does in each', async () => {
  const rows = rowsOf(
    ...(['state', 'Active of 110', '21B', 'Active of 204', '227'] as const),
    ...(['motion', 'pictures', 'recordings'] as const),
  )
  expect(rows).toHaveLength(5)
  const home = await seen()
  const ask = await photographer(home)
  await arm(home.client)
  for (const row of rows) {
    await setSwitches(home, {
      streaming: [Number(row['Active of 110'])],
      camera: Number(row['21B']),
      recording: Number(row['Active of 204']),
      disabled: Number(row['227']),
    })
    const does = {
      motion: home.camera.raiseMotion(1000),
      pictures: (await ask(1)) === 'picture',
      recordings: home.camera.state.isArmed,
    }
    const { motion, pictures, recordings } = row
    const said = { motion, pictures, recordings }
    const words = Object.entries(does).map(([what, isSo]) => [what, isSo ? 'yes' : 'no'])
    expect({ state: row.state, ...Object.fromEntries(words) }).toEqual({
      state: row.state,
      ...said,
    })
  }
})

test('the tables of sizes and frame rates have all that a camera can offer', async () => {
  const sizes = rowsOf('size', 'specification', 'we ship')
  const rates = rowsOf('frame rate').map(row => Number(row['frame rate']))
  const [, known = ''] = await seen({ recording: { sizes: [{ width: 1, height: 1 }] } }).then(
    () => [],
    (error: Error) => / they know (.*)\.$/.exec(error.message) ?? [],
  )
  expect(sizes.map(({ size }) => size).toSorted()).toEqual(known.split(', ').toSorted())

  const offered = async (recording: object) => {
    const { client } = await seen({ recording })
    const [codec] = (await readOffer(client)).video.codecs
    return codec?.attributes.map(
      ({ width, height, frameRate }) => `${width}x${height} ${frameRate}`,
    )
  }
  const listed = (rows: typeof sizes) =>
    rows.flatMap(({ size }) => rates.map(rate => `${size} ${rate}`)).toSorted()
  const all = sizes.map(({ size }) => size.split('x').map(Number))
  const everySize = all.map(([width = 0, height = 0]) => ({ width, height }))
  expect((await offered({ sizes: everySize }))?.toSorted()).toEqual(listed(sizes))
  const always = sizes.filter(row => row['we ship'] === 'always')
  expect((await offered({ sizes: [] }))?.toSorted()).toEqual(listed(always))
})

test('every codec and sample rate of the table of members can be offered', async () => {
  const codecs = ['aac-lc', 'aac-eld'] as const
  const audio = codecs.map(codec => ({ codec, sampleRates: recordingSampleRates }))
  const { client } = await seen({ recording: { audio } })
  const offer = (await readOffer(client)).audio.codecs
  const said = rowsOf('of', 'member', 'name', 'format', 'specification')
  const kHz = recordingSampleRates.map((rate, i) => `${i} ${rate / 1000}`).join(', ')
  const row = (member: string) => said.find(each => each.of === '207' && each.member === member)
  expect(row('1.2.3')?.specification).toBe(`${kHz} kHz`)
  expect(row('1.1')?.specification).toBe('0 AAC-LC, 1 AAC-ELD')
  expect(offer.map(({ codec }) => codec)).toEqual([0, 1])
  for (const { parameters } of offer) expect(parameters.sampleRates).toEqual([0, 1, 2, 3, 4, 5])
})

test('live view has the members of its table', async () => {
  const rows = rowsOf('of', 'live view member', 'name', 'format', 'specification', 'we ship')
  const members = (of: string) =>
    rows
      .filter(row => row.of === of && !row['live view member'].includes('.'))
      .map(row => Number(row['live view member']))
  const typesOf = (value: string) =>
    decodeItems(Buffer.from(value, 'base64')).map(({ type }) => type)
  expect(rows.every(row => row['we ship'] === '=')).toBe(true)
  const { client } = await seen()
  const [stream] = client.database.all('cameraRtpStreamManagement')
  if (stream === undefined) throw new Error('a camera without a stream')
  const setup = characteristicOf(stream, 'setupEndpoints')
  const selected = characteristicOf(stream, 'selectedRtpStreamConfiguration')
  for (const each of [setup, selected]) {
    await expect(client.write(each, 'AQEA')).rejects.toMatchObject({ status: -70410 })
  }
  const request = liveViewSetup()
  expect(typesOf(request)).toEqual(members('118 write'))
  await client.write(setup, request)
  const [answer] = await client.read([setup])
  expect(typesOf(String(answer?.value))).toEqual(members('118 read'))
  const end = Buffer.from(
    selectedRtpStreamConfiguration.encode({ control: { sessionId: SESSION_ID, command: 0 } }),
  )
  await client.write(selected, end.toString('base64'))
  expect(members('117').slice(0, 2)).toEqual([1, 2])
  await expect(client.write(selected, end.toString('base64'))).rejects.toMatchObject({
    status: -70410,
  })
})

const SESSION_ID = new Uint8Array(16).fill(1)

/** What a controller on the loopback writes to 118. */
function liveViewSetup(): string {
  const sealing = {
    cryptoSuite: 0,
    masterKey: new Uint8Array(16).fill(2),
    masterSalt: new Uint8Array(14).fill(3),
  }
  const bytes = setupEndpointsRequest.encode({
    sessionId: SESSION_ID,
    controllerAddress: { version: 0, address: '127.0.0.1', videoPort: 5004, audioPort: 5006 },
    videoSealing: sealing,
    audioSealing: sealing,
  })
  return Buffer.from(bytes).toString('base64')
}
