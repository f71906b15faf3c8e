import { nodeProvider as crypto } from '@hksv/crypto/node'
import { ADMIN } from '@hksv/hap'
import { AccessoryClient, ControllerStore } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { connect } from './support/connect.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'
import { json, TestAccessory } from './support/test-accessory.ts'

describe('connecting', () => {
  it('remembers where the accessory is and what it is called', async () => {
    const accessory = await TestAccessory.start()
    const { store, accessory: known } = await accessory.pairedStore()
    await store.save({ ...known, port: 1 })
    const moved = { ...known, port: 1 }
    await using client = await AccessoryClient.connect({
      store,
      accessory: moved,
      address: accessory.address,
    })
    expect(client.address).toEqual(accessory.address)
    const stored = { ...known, ...accessory.address, name: 'Porch' }
    expect(client.accessory).toEqual(stored)
    expect(await store.accessories()).toEqual([stored])
  })

  it.each([
    ['no JSON', { status: 200, body: Buffer.from('hello') }, 'HUB_PROTOCOL'],
    ['JSON that is no database', json(200, { accessories: {} }), 'HUB_PROTOCOL'],
    ['an HTTP status', { status: 500 }, 'HUB_PROTOCOL'],
    ['470', { status: 470 }, 'HUB_NOT_PAIRED'],
    ['nothing and hangs up', 'hang up', 'HUB_CONNECTION_LOST'],
  ] as const)('fails when the accessory answers %s', async (_name, answer, code) => {
    const accessory = await TestAccessory.start()
    accessory.intervene = ({ path }) => (path === '/accessories' ? answer : undefined)
    await expect(AccessoryClient.connect(await accessory.pairedStore())).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^[A-Z].*\.$/),
    })
  })

  it('ends with its signal, also later', async () => {
    const accessory = await TestAccessory.start()
    const stop = new AbortController()
    const paired = await accessory.pairedStore()
    const client = await AccessoryClient.connect({ ...paired, signal: stop.signal })
    stop.abort(new Error('stopped'))
    expect(client.signal.aborted).toBe(true)
    await expect(client.listPairings()).rejects.toThrow('stopped')
  })

  it('wipes the secret when it is closed', async () => {
    const { client } = await connect()
    expect(client.sharedSecret.some(byte => byte !== 0)).toBe(true)
    client.close()
    expect(client.sharedSecret.every(byte => byte === 0)).toBe(true)
  })
})

describe('a snapshot', () => {
  const size = { width: 640, height: 360 }

  it('is a JPEG', async () => {
    const { accessory, client } = await connect()
    expect(await client.snapshot({ ...size, reason: 1 })).toEqual(
      new Uint8Array([0xff, 0xd8, 0xff, 0xd9]),
    )
    await client.snapshot(size)
    const members = { 'image-width': 640, 'image-height': 360, 'resource-type': 'image' }
    expect(accessory.requests).toEqual([
      { method: 'POST', path: '/resource', body: { ...members, reason: 1 } },
      { method: 'POST', path: '/resource', body: members },
    ])
  })

  it.each([
    ['a status', json(207, { status: -70412 }), 'HUB_REFUSED', /not allowed in current state/],
    ['nothing', { status: 200 }, 'HUB_PROTOCOL', /no JPEG/],
    ['404', { status: 404 }, 'HUB_PROTOCOL', /404/],
    ['470', { status: 470 }, 'HUB_NOT_PAIRED', /Pair it again/],
  ])('is none when the accessory answers %s', async (_name, answer, code, message) => {
    const { accessory, client } = await connect()
    accessory.intervene = ({ path }) => (path === '/resource' ? answer : undefined)
    await expect(client.snapshot(size)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })
})

describe('pairings', () => {
  const guest = { identifier: 'guest', publicKey: new Uint8Array(32).fill(1), permissions: 0 }

  it('are listed, and grow', async () => {
    const { client, paired } = await connect()
    await client.addPairing(guest)
    const { identifier, longTermKey } = paired.store.identity
    expect(await client.listPairings()).toEqual([
      { identifier, publicKey: longTermKey.publicKey, permissions: ADMIN },
      guest,
    ])
  })

  it('let another controller in', async () => {
    const { accessory, client } = await connect()
    const store = await ControllerStore.open(temporaryDirectory(), crypto)
    const { identifier, longTermKey } = store.identity
    await client.addPairing({ identifier, publicKey: longTermKey.publicKey, permissions: 0 })
    await using second = await AccessoryClient.connect({ store, accessory: client.accessory })
    expect(accessory.sessions.map(({ controllerId }) => controllerId)).toContain(identifier)
    await expect(second.listPairings()).rejects.toMatchObject({
      code: 'HUB_REFUSED',
      message: expect.stringContaining('administrator'),
    })
  })

  it('do not take a known id with another key', async () => {
    const { client } = await connect()
    await client.addPairing(guest)
    const impostor = { ...guest, publicKey: new Uint8Array(32).fill(2) }
    await expect(client.addPairing(impostor)).rejects.toMatchObject({ code: 'HUB_REFUSED' })
  })

  it('have an end', async () => {
    const { client } = await connect()
    const add = async (i: number) => client.addPairing({ ...guest, identifier: `guest ${i}` })
    for (let i = 1; i < 16; i++) await add(i)
    await expect(add(16)).rejects.toMatchObject({
      code: 'HUB_REFUSED',
      message: expect.stringContaining('as many pairings as it can'),
    })
  })

  it.each([
    ['470', { status: 470 }, 'HUB_NOT_PAIRED'],
    ['no TLV', { status: 200, body: Uint8Array.of(1) }, 'HUB_PROTOCOL'],
    ['500', { status: 500 }, 'HUB_PROTOCOL'],
  ])('are not to be had when the accessory answers %s', async (_name, answer, code) => {
    const { accessory, client } = await connect()
    accessory.intervene = ({ path }) => (path === '/pairings' ? answer : undefined)
    await expect(client.listPairings()).rejects.toMatchObject({ code })
  })
})

describe('unpairing', () => {
  it('ends the pairing on both sides', async () => {
    const { accessory, client, paired } = await connect()
    await client.unpair()
    expect(accessory.pairings).toEqual([])
    expect(await paired.store.accessories()).toEqual([])
    expect(client.signal.aborted).toBe(true)
  })

  it('is done when the accessory hangs up before it answers, and refuses us then', async () => {
    const { accessory, client, paired } = await connect()
    accessory.intervene = ({ path }) => {
      if (path !== '/pairings') return undefined
      accessory.pairings.length = 0
      return 'hang up'
    }
    await client.unpair()
    expect(await paired.store.accessories()).toEqual([])
  })

  it('is not done when the accessory hangs up and still knows us', async () => {
    const { accessory, client, paired } = await connect()
    accessory.intervene = ({ path }) => (path === '/pairings' ? 'hang up' : undefined)
    await expect(client.unpair()).rejects.toMatchObject({ code: 'HUB_CONNECTION_LOST' })
    expect(await paired.store.accessories()).toHaveLength(1)
  })

  it('is not done when the accessory hangs up and cannot be reached any more', async () => {
    const { accessory, client, paired } = await connect()
    accessory.intervene = ({ path }) => {
      if (path === '/pairings') accessory.close()
      return 'hang up'
    }
    await expect(client.unpair()).rejects.toMatchObject({ code: 'HUB_CONNECTION_LOST' })
    expect(await paired.store.accessories()).toHaveLength(1)
  })

  it('is not done by a guest', async () => {
    const { client, paired } = await connect({ permissions: 0 })
    await expect(client.unpair()).rejects.toMatchObject({ code: 'HUB_REFUSED' })
    expect(await paired.store.accessories()).toHaveLength(1)
  })
})
