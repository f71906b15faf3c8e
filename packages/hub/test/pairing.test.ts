import { rmSync } from 'node:fs'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { ADMIN, encodePairingsRequest } from '@hksv/hap'
import { AccessoryClient, ControllerStore, HapConnection, pair, verify } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { temporaryDirectory } from './support/temporary-directory.ts'
import { deviceId, setupCode, TestAccessory } from './support/test-accessory.ts'

const newStore = () => ControllerStore.open(temporaryDirectory(), crypto)

/** `State`, `Error`: what an accessory answers when it will not. */
const refusal = (state: number, error: number) => ({
  status: 200,
  type: 'application/pairing+tlv8',
  body: Uint8Array.of(6, 1, state, 7, 1, error),
})

describe('pairing', () => {
  it('ends with the pairing on the disk, on both sides, and holds', async () => {
    const accessory = await TestAccessory.start()
    const store = await newStore()
    const paired = await pair({ store, ...accessory.address, setupCode: '03145154' })
    expect(paired).toMatchObject({ deviceId, ...accessory.address })
    expect(await store.accessories()).toEqual([paired])
    const { identifier, longTermKey } = store.identity
    expect(accessory.pairings).toEqual([
      { identifier, publicKey: longTermKey.publicKey, permissions: ADMIN },
    ])
    // Pair-setup and pair-verify had a connection each.
    expect(accessory.sessions.map(({ controllerId }) => controllerId)).toEqual([
      undefined,
      identifier,
    ])
    await using client = await AccessoryClient.connect({ store, accessory: paired })
    expect(client.accessory).toMatchObject({ name: 'Porch' })
  })

  it.each([
    ['a wrong code', { setupCode: '031-45-155' }, {}, 'HUB_WRONG_CODE', /setup code is wrong/],
    ['one that is locked', {}, { failedAttempts: 100 }, 'HUB_LOCKED', /hundred wrong codes.*Reset/],
  ])('says what is wrong: %s', async (_name, wrong, state, code, message) => {
    const accessory = await TestAccessory.start(state)
    const store = await newStore()
    await expect(
      pair({ store, crypto, ...accessory.address, setupCode, ...wrong }),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(await store.accessories()).toEqual([])
    expect(accessory.pairings).toEqual([])
  })

  it('says that an accessory belongs to another home', async () => {
    const accessory = await TestAccessory.start()
    await accessory.pairedStore()
    await expect(
      pair({ store: await newStore(), ...accessory.address, setupCode }),
    ).rejects.toMatchObject({ code: 'HUB_ALREADY_PAIRED' })
  })

  it('says that another controller is at it', async () => {
    const accessory = await TestAccessory.start()
    accessory.gate.claim({}, 0)
    await expect(
      pair({ store: await newStore(), ...accessory.address, setupCode }),
    ).rejects.toMatchObject({ code: 'HUB_BUSY' })
  })

  it('asks for a setup code that is one', async () => {
    const store = await newStore()
    const address = { host: '127.0.0.1', port: 1 }
    await expect(pair({ store, ...address, setupCode: '12' })).rejects.toMatchObject({
      code: 'SETUP_CODE_FORMAT',
    })
  })

  it.each([
    ['an error nobody knows', refusal(2, 99), 'HUB_PROTOCOL'],
    ['a body that is no TLV', { status: 200, body: Uint8Array.of(1) }, 'HUB_PROTOCOL'],
    ['400', { status: 400 }, 'HUB_PROTOCOL'],
  ])('does not understand %s', async (_name, reply, code) => {
    const accessory = await TestAccessory.start()
    accessory.intervene = () => reply
    await expect(
      pair({ store: await newStore(), ...accessory.address, setupCode }),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(/^[A-Z].*\.$/) })
  })

  it('stops when its signal aborts', async () => {
    const accessory = await TestAccessory.start()
    const stop = new AbortController()
    accessory.intervene = () => {
      stop.abort(new Error('stopped'))
      return 'silence'
    }
    const { signal } = stop
    await expect(
      pair({ store: await newStore(), ...accessory.address, setupCode, signal }),
    ).rejects.toThrow('stopped')
  })
})

describe('a pairing that cannot be kept', () => {
  it('is taken back when the store cannot be written', async () => {
    const accessory = await TestAccessory.start()
    const store = await newStore()
    rmSync(store.directory, { recursive: true })
    await expect(pair({ store, ...accessory.address, setupCode })).rejects.toMatchObject({
      code: 'HUB_STORE_UNUSABLE',
      message: expect.stringContaining('no such directory'),
    })
    expect(accessory.pairings).toEqual([])
    expect(accessory.gate.isPaired).toBe(false)
  })

  it('is taken back when another accessory answered than the one meant', async () => {
    const accessory = await TestAccessory.start()
    const store = await newStore()
    const meant = { deviceId: '00:00:00:00:00:01' }
    await expect(pair({ store, ...accessory.address, setupCode, ...meant })).rejects.toMatchObject({
      code: 'HUB_WRONG_ACCESSORY',
      message: expect.stringContaining(deviceId),
    })
    expect(accessory.pairings).toEqual([])
    expect(await store.accessories()).toEqual([])
  })

  it('is taken back when the accessory has no device id to store it by', async () => {
    const accessory = await TestAccessory.start({ deviceId: 'porch' })
    const store = await newStore()
    await expect(pair({ store, ...accessory.address, setupCode })).rejects.toMatchObject({
      code: 'HUB_PROTOCOL',
    })
    expect(accessory.pairings).toEqual([])
  })

  it('makes the accessory one to reset, if it cannot be taken back either', async () => {
    const accessory = await TestAccessory.start()
    accessory.intervene = ({ path }) => (path === '/pair-verify' ? 'hang up' : undefined)
    const store = await newStore()
    rmSync(store.directory, { recursive: true })
    await expect(pair({ store, ...accessory.address, setupCode })).rejects.toMatchObject({
      code: 'HUB_STORE_UNUSABLE',
      message: expect.stringContaining('Reset the accessory'),
    })
  })

  it('meets the device id in any case of letters', async () => {
    const accessory = await TestAccessory.start({ deviceId: deviceId.toLowerCase() })
    const store = await newStore()
    const paired = await pair({ store, ...accessory.address, setupCode, deviceId })
    expect(paired.deviceId).toBe(deviceId)
  })
})

describe('verifying', () => {
  it('is refused by an accessory that has forgotten us', async () => {
    const accessory = await TestAccessory.start()
    const paired = await accessory.pairedStore()
    accessory.pairings.length = 0
    await expect(AccessoryClient.connect(paired)).rejects.toMatchObject({
      code: 'HUB_NOT_PAIRED',
      message: expect.stringMatching(/do not know each other.*Pair it again/),
    })
  })

  it('is refused with 470 by some', async () => {
    const accessory = await TestAccessory.start()
    accessory.intervene = () => ({ status: 470 })
    await expect(AccessoryClient.connect(await accessory.pairedStore())).rejects.toMatchObject({
      code: 'HUB_NOT_PAIRED',
    })
  })

  it('tells another accessory at the address from one that changed its key', async () => {
    const accessory = await TestAccessory.start()
    const { store, accessory: known } = await accessory.pairedStore()
    const other = { ...known, deviceId: '00:00:00:00:00:01' }
    await expect(AccessoryClient.connect({ store, accessory: other })).rejects.toMatchObject({
      code: 'HUB_WRONG_ACCESSORY',
      message: expect.stringContaining(deviceId),
    })
    const changed = { ...known, longTermPublicKey: '42'.repeat(32) }
    await expect(AccessoryClient.connect({ store, accessory: changed })).rejects.toMatchObject({
      code: 'HUB_NOT_PAIRED',
    })
  })

  it('yields the secret that both sides share', async () => {
    const accessory = await TestAccessory.start()
    const { store, accessory: known } = await accessory.pairedStore()
    await using connection = await HapConnection.open(crypto, accessory.address)
    const { identity } = store
    const secret = await verify({ crypto, connection, identity, accessory: known })
    expect(secret).toEqual(accessory.sessions[0]?.sharedSecret)
    // The connection is secure: the accessory would not answer a stranger.
    const type = 'application/pairing+tlv8'
    const bytes = encodePairingsRequest({ method: 'list' })
    expect(await connection.request('POST', '/pairings', { type, bytes })).toMatchObject({
      status: 200,
    })
  })
})
