// What the kill test kills: changes a storage directory in a loop, and says each change on standard
// output before it begins and after it is on the disk.
//
// usage: node tools/soak/writer.mjs DIRECTORY SEED [--lossy]
//
// --lossy says so before it is on the disk: the fault that the checker has to find.
import process from 'node:process'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { PairSetupGate } from '@hksv/hap'

import { SettingsStore } from '../../packages/accessory/dist/camera/camera-settings.js'
import { openIdentity } from '../../packages/accessory/dist/identity.js'
import { PairingList } from '../../packages/accessory/dist/pairing-list.js'
import { openStore } from '../../packages/accessory/dist/storage/store.js'
import { modelOf } from './model.mjs'
import { generator } from './random.mjs'

const [directory = '', seed = '1', option] = process.argv.slice(2)
const isLossy = option === '--lossy'
const random = generator(Number(seed))

const store = await openStore(directory)
await openIdentity(crypto, store, '031-45-154')
const stored = store.initial.pairings ?? { failedAttempts: 0, pairings: [] }
const gate = new PairSetupGate({
  isPaired: stored.pairings.length > 0,
  failedAttempts: stored.failedAttempts,
})
const pairings = new PairingList(store.pairings, gate, stored)
const settings = await SettingsStore.open(store.camera, store.initial.camera, {
  isPaired: stored.pairings.length > 0,
  streamCount: 2,
  offerHash: 'soak',
})
const database = store.initial.database ?? {
  configurationNumber: 1,
  databaseHash: 'soak',
  instanceIds: {},
  nextInstanceId: 1,
}
const model = await modelOf(store)
say('open')

const ADMIN = { identifier: 'ADMIN', publicKey: new Uint8Array(32).fill(1), permissions: 1 }
const guests = Array.from({ length: 10 }, (_, i) => ({
  identifier: `GUEST-${i}`,
  publicKey: new Uint8Array(32).fill(2 + i),
  permissions: 0,
}))

for (;;) {
  if (pairings.size === 0) {
    await change({ pairings: ['ADMIN'] }, () => pairings.addFirst(ADMIN))
    continue
  }
  await [togglePairing, countFailure, changeSetting, raiseNumber][random(4)]()
}

function togglePairing() {
  const guest = guests[random(guests.length)]
  const { identifier } = guest
  const isThere = pairings.find(identifier) !== undefined
  const others = model.pairings.filter(id => id !== identifier)
  const request = isThere ? { method: 'remove', identifier } : { method: 'add', pairing: guest }
  return change({ pairings: isThere ? others : [...others, identifier] }, () =>
    pairings.apply(request, 'ADMIN'),
  )
}

async function countFailure() {
  if (gate.failedAttempts === 99) gate.clearFailures()
  else gate.countFailure()
  await change({ failedAttempts: gate.failedAttempts }, () => pairings.saveFailedAttempts())
}

function changeSetting() {
  const selectedConfiguration = Buffer.from([random(256), random(256), random(256)]).toString(
    'base64',
  )
  return change({ selectedConfiguration }, () => settings.change({ selectedConfiguration }))
}

function raiseNumber() {
  const configurationNumber = (model.configurationNumber % 65_535) + 1
  return change({ configurationNumber }, () =>
    store.database.save({ ...database, configurationNumber }),
  )
}

async function change(next, store_) {
  Object.assign(model, next)
  say('begin')
  if (isLossy) say('done')
  await store_()
  if (!isLossy) say('done')
}

/** Written at once: a pipe is synchronous. */
function say(event) {
  process.stdout.write(`${JSON.stringify({ event, model })}\n`)
}
