import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { AccessoryClient, ControllerStore, characteristicOf, pair } from '@hksv/hub'

import { openStore } from '../../packages/accessory/dist/storage/store.js'
import { generator } from './random.mjs'

const SETUP_CODE = '031-45-154'
const MAX_DELAY_MS = 60

/**
 * Kills `hksv camera` while a hub writes settings and pairings, and looks whether everything that
 * was answered is there: in the files, and for the hub that comes back.
 */
export async function soakCamera({ directory, kills, seed, progress = () => {} }) {
  const random = generator(seed)
  const storage = join(directory, 'camera')
  const store = await ControllerStore.open(join(directory, 'hub'), crypto)
  const result = { kills: 0, changes: 0, losses: [], identities: 0, slowestStartMs: 0 }
  const answered = { night: undefined, guests: {} }
  let accessory
  for (let round = 0; round < kills; round++) {
    const { child, address, startMs } = await startCamera(storage)
    result.slowestStartMs = Math.max(result.slowestStartMs, startMs)
    accessory ??= await pair({ store, ...address, setupCode: SETUP_CODE })
    if (address.id !== accessory.deviceId) result.identities++
    const client = await AccessoryClient.connect({ store, accessory, address })
    const closed = new Promise(resolve => child.on('close', resolve))
    setTimeout(() => child.kill('SIGKILL'), random(MAX_DELAY_MS))
    const begun = await changeUntilKilled(client, random, answered, result)
    await closed
    result.kills++
    const lost = await lostFrom(storage, answered, begun)
    if (lost.length > 0) result.losses.push({ round, seed, lost })
    // What was under way may be either: from here on it is what it is.
    Object.assign(answered, await currentState(storage))
    progress(result)
  }
  return result
}

async function startCamera(storage) {
  const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))
  const where = ['--storage', storage, '--bind', '127.0.0.1', '--port', '0', '--no-mdns']
  const args = [bin, 'camera', '--json', '--quiet', '--setup-code', SETUP_CODE, ...where]
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, id, port } = JSON.parse(line)
    if (event !== 'listening') continue
    child.stdout.resume()
    const address = { host: '127.0.0.1', port, id }
    return { child, address, startMs: performance.now() - startedAt }
  }
  throw new Error('the camera did not start')
}

/** @returns The change that was under way when the camera was killed. */
async function changeUntilKilled(client, random, answered, result) {
  const night = characteristicOf(client.database.service('cameraOperatingMode'), 'nightVision')
  for (;;) {
    const guest = `GUEST-${random(10)}`
    const isSetting = random(2) === 0
    const begun = isSetting
      ? { night: answered.night !== true }
      : { guests: { ...answered.guests, [guest]: answered.guests[guest] === 0 ? 1 : 0 } }
    try {
      if (isSetting) await client.write(night, begun.night)
      else {
        const publicKey = new Uint8Array(32).fill(guest.charCodeAt(6))
        const permissions = begun.guests[guest]
        await client.addPairing({ identifier: guest, publicKey, permissions })
      }
    } catch {
      // The camera is gone.
      client.close()
      return begun
    }
    Object.assign(answered, begun)
    result.changes++
  }
}

async function lostFrom(storage, answered, begun) {
  const found = await currentState(storage)
  return Object.keys(answered).filter(name => {
    const text = sorted(found[name])
    const isAnswered = answered[name] === undefined || text === sorted(answered[name])
    return !isAnswered && text !== sorted(begun[name])
  })
}

async function currentState(storage) {
  const store = await openStore(storage)
  await store.close()
  const { camera, pairings } = store.initial
  const guests = (pairings?.pairings ?? []).filter(({ identifier }) =>
    identifier.startsWith('GUEST'),
  )
  return {
    night: camera?.isNightVisionActive,
    guests: Object.fromEntries(
      guests.map(({ identifier, permissions }) => [identifier, permissions]),
    ),
  }
}

function sorted(value) {
  return JSON.stringify(
    typeof value === 'object' && value !== null ? Object.entries(value).sort() : (value ?? null),
  )
}
