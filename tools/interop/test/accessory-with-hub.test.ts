import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startAccessory } from '@hksv/accessory'
import { nodeProvider } from '@hksv/crypto/node'
import { AccessoryClient, ControllerStore, pair } from '@hksv/hub'
import { expect, onTestFinished, test } from 'vitest'

const SETUP_CODE = '031-45-154'
const OWN = 'E863F10D-079E-48FF-8F27-9C2605A29F52'

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-accessory-hub-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** An accessory that has one of each kind of characteristic, and its verified administrator. */
async function connected() {
  const directory = temporaryDirectory()
  const accessory = await startAccessory({
    name: 'One of each',
    storage: join(directory, 'accessory'),
    host: '127.0.0.1',
    mdns: false,
    setupCode: SETUP_CODE,
    services: {
      lamp: { service: 'lightbulb', characteristics: { on: {}, brightness: {} } },
      own: {
        service: { type: OWN },
        characteristics: {},
        custom: {
          door: { type: OWN, format: 'bool', perms: ['pr', 'pw', 'ev', 'tw'] },
          ask: {
            type: OWN.replace('0D', '0E'),
            format: 'data',
            perms: ['pr', 'pw', 'wr'],
            set: question => Buffer.from(question, 'base64').reverse().toString('base64'),
          },
        },
      },
    },
  })
  onTestFinished(() => accessory.close())
  const store = await ControllerStore.open(join(directory, 'hub'), nodeProvider)
  const { port } = accessory.info
  const known = await pair({ store, host: '127.0.0.1', port, setupCode: SETUP_CODE })
  const client = await AccessoryClient.connect({ store, accessory: known })
  onTestFinished(() => client.close())
  const of = (what: string) => {
    const found = client.database.services
      .flatMap(({ characteristics }) => characteristics)
      .find(({ type, name }) => type === what || name === what)
    if (found === undefined) throw new Error(`there is no ${what}`)
    return found
  }
  return { accessory, client, of }
}

test('what demands a timed write gets one, and is refused without', async () => {
  const { accessory, client, of } = await connected()
  const door = of(OWN)
  await client.write(door, true)
  expect(accessory.services.own.door.value).toBe(true)
  const plain = { ...door, perms: door.perms.filter(permission => permission !== 'tw') }
  await expect(client.write(plain, false)).rejects.toMatchObject({ code: 'HUB_REFUSED' })
  expect(accessory.services.own.door.value).toBe(true)
  // Several at once: each prepares its own.
  await Promise.all([false, true, false].map(value => client.write(door, value)))
  expect(accessory.services.own.door.value).toBe(false)
})

test('a write response reaches the one who asks', async () => {
  const { client, of } = await connected()
  const question = Buffer.from('abc').toString('base64')
  const answer = Buffer.from('cba').toString('base64')
  expect(await client.writeWithResponse(of(OWN.replace('0D', '0E')), question)).toBe(answer)
})

test('events come as long as they are asked for', async () => {
  const { accessory, client, of } = await connected()
  const [on, brightness] = [of('on'), of('brightness')]
  await client.subscribe(on)
  await client.subscribe(brightness)
  const events = client.events()
  accessory.services.lamp.on.update(true)
  expect((await events.next()).value).toMatchObject({ value: true })
  await client.subscribe(on, false)
  accessory.services.lamp.on.update(false)
  accessory.services.lamp.brightness.update(50)
  const { value } = await events.next()
  expect(value).toMatchObject({ value: 50 })
  await events.return?.()
})

test('a second controller is let in, and the last one to leave leaves a new accessory', async () => {
  const { accessory, client } = await connected()
  const directory = temporaryDirectory()
  const guest = await ControllerStore.open(directory, nodeProvider)
  const { identifier, longTermKey } = guest.identity
  await client.addPairing({ identifier, publicKey: longTermKey.publicKey, permissions: 0 })
  expect((await client.listPairings()).map(({ permissions }) => permissions)).toEqual([1, 0])
  await guest.save(client.accessory)
  const visit = await AccessoryClient.connect({ store: guest, accessory: client.accessory })
  const left = new Promise(resolve => visit.signal.addEventListener('abort', resolve))
  expect(accessory.info.setupCode).toBeUndefined()
  await client.unpair()
  await left
  expect(accessory.info.setupCode).toBe(SETUP_CODE)
})
