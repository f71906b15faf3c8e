import { nodeProvider as crypto } from '@hksv/crypto/node'
import { encodePairingsRequest, PairSetupController } from '@hksv/hap'
import { expect, test } from 'vitest'

import { openStore } from '../src/storage/store.ts'
import { Controller, HapClient } from './client.ts'
import { addGuest, instanceIds, stage } from './support/camera.ts'
import { filesWith } from './support/directory.ts'
import { done, get, put, ready } from './support/requests.ts'

const setupCode = '103-45-678'
const { random } = crypto

test('are added, listed and kept over a restart', async () => {
  const { client, admin, camera, storage } = await ready()
  const guest = await addGuest(client, admin)
  const list = [admin.pairing(), guest.pairing(0)].map(({ publicKey, ...rest }) => ({
    ...rest,
    publicKey: new Uint8Array(publicKey),
  }))
  expect(await client.pairings({ method: 'list' })).toEqual(list)
  await camera.close()
  const again = await stage({ storage })
  const visitor = await guest.connect(again.port)
  await expect(visitor.pairings({ method: 'list' })).rejects.toMatchObject({ code: 'PAIR_REFUSED' })
  expect(await (await admin.connect(again.port)).pairings({ method: 'list' })).toEqual(list)
})

test('one that is removed loses its connections, and the others keep theirs', async () => {
  const { client, admin, port } = await ready()
  const guest = await addGuest(client, admin)
  const visits = await Promise.all([guest.connect(port), guest.connect(port)])
  await client.pairings({ method: 'remove', identifier: guest.identifier })
  await Promise.all(visits.map(visit => visit.closed))
  await expect(guest.connect(port)).rejects.toMatchObject({ code: 'PAIR_REFUSED' })
  expect((await client.request('GET', '/accessories')).status).toBe(200)
})

test('the last administrator gets its answer, takes the guests along, and leaves a new camera', async () => {
  const { client, admin, port, iid, events, camera, storage } = await ready({ setupCode })
  expect(await events.next()).toEqual({ event: 'paired', controllers: 1 })
  const guest = await addGuest(client, admin)
  const visit = await guest.connect(port)
  const night = iid('cameraOperatingMode', 'nightVision')
  expect(await put(client, [{ iid: night, value: false }])).toEqual(done)
  expect(await events.next()).toEqual({ event: 'night-vision', isOn: false })
  const removal = encodePairingsRequest({ method: 'remove', identifier: admin.identifier })
  const answer = await client.request('POST', '/pairings', removal)
  expect(Buffer.from(answer.body).toString('hex')).toBe('060102')
  await Promise.all([client.closed, visit.closed])
  expect(await events.next()).toEqual({ event: 'night-vision', isOn: true })
  expect(await events.next()).toEqual({ event: 'unpaired', controllers: 0 })
  await expect(guest.connect(port)).rejects.toMatchObject({ code: 'PAIR_REFUSED' })

  const next = new Controller()
  await next.pair(port, setupCode)
  const owner = await next.connect(port)
  const { body } = await get(owner, `id=1.${night}`)
  expect(body).toEqual({ characteristics: [{ aid: 1, iid: night, value: true }] })
  expect((await instanceIds(owner))('cameraOperatingMode', 'nightVision')).toBe(night)
  await camera.close()
  expect(await filesWith(storage, setupCode)).toEqual([])
})

test('the code is the same again as long as it is known, and another one otherwise', async () => {
  const { client, admin, camera, storage, port, events } = await ready()
  expect(await events.next()).toEqual({ event: 'paired', controllers: 1 })
  expect(camera.info.setupCode).toBeUndefined()
  await client.pairings({ method: 'remove', identifier: admin.identifier })
  expect(await events.next()).toEqual({ event: 'unpaired', controllers: 0 })
  const code = camera.info.setupCode ?? 'none'
  const second = new Controller()
  await second.pair(port, code)
  await camera.close()
  expect(await filesWith(storage, code)).toEqual([])

  // The disk knows only a verifier: nobody could be told the code any more.
  const again = await stage({ storage })
  const visit = await second.connect(again.port)
  const stranger = await HapClient.connect(again.port)
  await visit.pairings({ method: 'remove', identifier: second.identifier })
  await visit.closed
  const next = again.camera.info.setupCode ?? 'none'
  expect(next).toMatch(/^\d{3}-\d{2}-\d{3}$/)
  expect(next).not.toBe(code)
  const setUp = (setupCode: string) =>
    stranger.exchange(
      '/pair-setup',
      new PairSetupController({ crypto, identity: new Controller(), setupCode, random }),
    )
  await expect(setUp(code)).rejects.toMatchObject({ code: 'PAIR_REFUSED' })
  await setUp(next)
})

test('none left over from a camera that was killed while it forgot its settings', async () => {
  const { client, iid, camera, storage } = await ready()
  const night = iid('cameraOperatingMode', 'nightVision')
  expect(await put(client, [{ iid: night, value: false }])).toEqual(done)
  await camera.close()
  const store = await openStore(storage)
  await store.pairings.save({ failedAttempts: 0, pairings: [] })
  await store.close()
  const again = await stage({ storage, setupCode })
  const next = new Controller()
  await next.pair(again.port, setupCode)
  const { body } = await get(await next.connect(again.port), `id=1.${night}`)
  expect(body).toEqual({ characteristics: [{ aid: 1, iid: night, value: true }] })
})
