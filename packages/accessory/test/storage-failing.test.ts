import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { pairingError } from '@hksv/hap'
import { expect, test } from 'vitest'

import { Controller } from './client.ts'
import { addGuest, stage } from './support/camera.ts'
import { temporaryDirectory } from './support/directory.ts'
import { done, get, put, ready, results } from './support/requests.ts'

/** A log that keeps what was said at these levels. */
function keptLog() {
  const errors: string[] = []
  const infos: string[] = []
  const log = {
    debug() {},
    info: (...args: unknown[]) => void infos.push(String(args.at(-1))),
    warn() {},
    error: (...args: unknown[]) => void errors.push(String(args.at(-1))),
  }
  return { log, errors, infos }
}

/** Lets every write of this file fail until the returned function is called. */
async function jam(storage: string, name: string): Promise<() => Promise<void>> {
  const inTheWay = join(storage, `${name}.previous`)
  await rm(inTheWay, { force: true })
  await mkdir(inTheWay)
  return () => rm(inTheWay, { recursive: true })
}

test('a pairing that cannot be stored is answered Unknown, and can be made later', async () => {
  const { log, errors, infos } = keptLog()
  const storage = await temporaryDirectory()
  const { port, camera, events } = await stage({ storage, log, setupCode: '103-45-678' })
  const release = await jam(storage, 'pairings.json')
  for (const _ of [1, 2]) {
    const pairing = new Controller().pair(port, '103-45-678')
    await expect(pairing).rejects.toMatchObject({ pairingError: pairingError.unknown })
  }
  expect(errors).toEqual([expect.stringContaining('pairings.json')])
  expect(camera.info.setupCode).toBe('103-45-678')
  await release()
  await new Controller().pair(port, '103-45-678')
  expect(infos).toEqual(['The storage can be written again.'])
  expect(await events.next()).toEqual({ event: 'paired', controllers: 1 })
})

test('a change of pairings that cannot be stored changes nothing', async () => {
  const { log, errors } = keptLog()
  const { client, admin, storage, port } = await ready({ log })
  const guest = await addGuest(client, admin)
  const release = await jam(storage, 'pairings.json')
  for (const request of [
    { method: 'remove', identifier: guest.identifier },
    { method: 'add', pairing: new Controller().pairing() },
  ] as const) {
    const refused = { pairingError: pairingError.unknown }
    await expect(client.pairings(request)).rejects.toMatchObject(refused)
  }
  expect(errors).toHaveLength(1)
  expect(await client.pairings({ method: 'list' })).toHaveLength(2)
  const visit = await guest.connect(port)
  await release()
  await client.pairings({ method: 'remove', identifier: guest.identifier })
  await visit.closed
})

test('a setting that cannot be stored stays as it was', async () => {
  const { log, errors, infos } = keptLog()
  const { client, iid, storage } = await ready({ log })
  const night = iid('cameraOperatingMode', 'nightVision')
  expect(await put(client, [{ iid: night, value: false }])).toEqual(done)
  const release = await jam(storage, 'camera.json')
  for (const _ of [1, 2]) {
    const answer = await put(client, [{ iid: night, value: true }])
    expect(answer).toEqual(results({ iid: night, status: -70402 }))
  }
  const { body } = await get(client, `id=1.${night}`)
  expect(body).toEqual({ characteristics: [{ aid: 1, iid: night, value: false }] })
  expect(errors).toEqual([expect.stringContaining('camera.json')])
  await release()
  expect(await put(client, [{ iid: night, value: true }])).toEqual(done)
  expect(infos).toEqual(['The storage can be written again.'])
})

test('a wrong code is refused whether or not it can be counted', async () => {
  const { log, errors } = keptLog()
  const storage = await temporaryDirectory()
  const { port } = await stage({ storage, log, setupCode: '103-45-678' })
  await jam(storage, 'pairings.json')
  const wrong = new Controller().pair(port, '103-45-679')
  await expect(wrong).rejects.toMatchObject({ pairingError: pairingError.authentication })
  expect(errors).toHaveLength(1)
})
