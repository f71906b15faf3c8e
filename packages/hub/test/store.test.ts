import { createHash } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { ControllerStore, type StoredAccessory } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { temporaryDirectory } from './support/temporary-directory.ts'

const accessory: StoredAccessory = {
  deviceId: 'AA:BB:CC:DD:EE:0F',
  longTermPublicKey: '42'.repeat(32),
  host: '192.0.2.1',
  port: 51_826,
  pairedAt: '2026-01-01T00:00:00.000Z',
}

const open = (directory: string) => ControllerStore.open(directory, crypto)
const mode = (path: string) => statSync(path).mode & 0o777

describe('a controller store', () => {
  it('keeps one identity for ever', async () => {
    const directory = temporaryDirectory()
    const first = await open(directory)
    expect(first.identity.identifier).toMatch(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/)
    const second = await open(directory)
    expect(second.identity.identifier).toBe(first.identity.identifier)
    expect(second.identity.longTermKey.publicKey).toEqual(first.identity.longTermKey.publicKey)
    const other = await open(temporaryDirectory())
    expect(other.identity.identifier).not.toBe(first.identity.identifier)
    expect(other.identity.longTermKey.publicKey).not.toEqual(first.identity.longTermKey.publicKey)
  })

  it('is one controller when many processes begin at once', async () => {
    const directory = temporaryDirectory()
    const stores = await Promise.all(Array.from({ length: 16 }, () => open(directory)))
    expect(new Set(stores.map(({ identity }) => identity.identifier)).size).toBe(1)
    const keys = stores.map(({ identity }) =>
      Buffer.from(identity.longTermKey.publicKey).toString('hex'),
    )
    expect(new Set(keys).size).toBe(1)
    expect(readdirSync(directory)).toEqual(['controller.json'])
  })

  it('is for its owner alone', async () => {
    const directory = join(temporaryDirectory(), 'a', 'b')
    const store = await open(directory)
    await store.save(accessory)
    expect(mode(directory)).toBe(0o700)
    expect(readdirSync(directory).sort()).toEqual([
      'accessory-AABBCCDDEE0F.json',
      'controller.json',
    ])
    for (const name of readdirSync(directory)) expect(mode(join(directory, name))).toBe(0o600)
  })

  it('remembers, replaces and forgets pairings', async () => {
    const directory = temporaryDirectory()
    const store = await open(directory)
    expect(await store.accessories()).toEqual([])
    expect(await store.find(accessory.deviceId)).toBeUndefined()
    const second = { ...accessory, deviceId: '00:00:00:00:00:01', name: 'Porch' }
    await store.save(accessory)
    await store.save(second)
    await store.save({ ...accessory, port: 1 })
    const again = await open(directory)
    expect(await again.accessories()).toEqual([second, { ...accessory, port: 1 }])
    expect(await again.find('aa:bb:cc:dd:ee:0f')).toEqual({ ...accessory, port: 1 })
    await again.remove('aa:bb:cc:dd:ee:0f')
    await again.remove('aa:bb:cc:dd:ee:0f')
    expect(await store.accessories()).toEqual([second])
  })

  it.each(['', 'AABB', 'AA:BB:CC:DD:EE:0G', '../controller'])(
    'takes no "%s" for a device id',
    async deviceId => {
      const store = await open(temporaryDirectory())
      await expect(store.find(deviceId)).rejects.toThrow(RangeError)
      await expect(store.remove(deviceId)).rejects.toThrow(RangeError)
      await expect(store.save({ ...accessory, deviceId })).rejects.toThrow(RangeError)
    },
  )
})

describe('a damaged store', () => {
  const damages: readonly (readonly [string, (text: string) => string])[] = [
    ['cut short', text => text.slice(0, -20)],
    ['empty', () => ''],
    ['a flipped digit', text => text.replace(/[0-9a-f]{8}"/, '00000000"')],
    ['another format', text => text.replace('"format": 1', '"format": 2')],
    ['no object', () => '[]'],
    ['members of another file', () => envelope({ deviceId: 'x' })],
  ]

  it.each(damages)('never becomes a new identity: %s', async (_name, damage) => {
    const directory = temporaryDirectory()
    await open(directory)
    const path = join(directory, 'controller.json')
    const damaged = damage(readFileSync(path, 'utf8'))
    writeFileSync(path, damaged)
    await expect(open(directory)).rejects.toMatchObject({
      code: 'HUB_STORE_DAMAGED',
      message: expect.stringMatching(/controller\.json is damaged\. Put a backup back.*move/s),
    })
    expect(readFileSync(path, 'utf8')).toBe(damaged)
    expect(readdirSync(directory)).toEqual(['controller.json'])
  })

  it('does not begin anew when only its pairings are left', async () => {
    const directory = temporaryDirectory()
    const store = await open(directory)
    await store.save(accessory)
    rmSync(join(directory, 'controller.json'))
    await expect(open(directory)).rejects.toMatchObject({
      code: 'HUB_STORE_DAMAGED',
      message: expect.stringMatching(/controller\.json is missing.*backup/s),
    })
  })

  it.each(damages)('names the damaged pairing: %s', async (_name, damage) => {
    const directory = temporaryDirectory()
    const store = await open(directory)
    await store.save(accessory)
    const path = join(directory, 'accessory-AABBCCDDEE0F.json')
    writeFileSync(path, damage(readFileSync(path, 'utf8')))
    const damaged = {
      code: 'HUB_STORE_DAMAGED',
      message: expect.stringMatching(/accessory-AABBCCDDEE0F\.json is damaged.*pair it again/s),
    }
    await expect(store.find(accessory.deviceId)).rejects.toMatchObject(damaged)
    await expect(store.accessories()).rejects.toMatchObject(damaged)
  })

  it('does not take the pairing of one accessory for that of another', async () => {
    const directory = temporaryDirectory()
    const store = await open(directory)
    await store.save(accessory)
    renameSync(
      join(directory, 'accessory-AABBCCDDEE0F.json'),
      join(directory, 'accessory-000000000001.json'),
    )
    await expect(store.find('00:00:00:00:00:01')).rejects.toMatchObject({
      code: 'HUB_STORE_DAMAGED',
    })
  })
})

describe('a store that cannot be used', () => {
  const unusable = (text: RegExp) => ({
    code: 'HUB_STORE_UNUSABLE',
    message: expect.stringMatching(text),
  })

  it('is a file, or below one', async () => {
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(file, '')
    await expect(open(file)).rejects.toMatchObject(unusable(/not a directory.*--store/s))
    await expect(open(join(file, 'hub'))).rejects.toMatchObject(unusable(/not a directory/))
  })

  it('has a directory where a file has to be', async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'controller.json'))
    await expect(open(directory)).rejects.toMatchObject(unusable(/controller\.json.*directory/))
  })

  it('vanished', async () => {
    const directory = temporaryDirectory()
    const store = await open(directory)
    rmSync(directory, { recursive: true })
    await expect(store.save(accessory)).rejects.toMatchObject(unusable(/no such directory/))
    await expect(store.accessories()).rejects.toMatchObject(unusable(/no such directory/))
    await expect(store.remove(accessory.deviceId)).rejects.toMatchObject(
      unusable(/no such directory/),
    )
  })
})

/** A file with the right checksum. */
function envelope(data: object): string {
  const sha256 = createHash('sha256').update(JSON.stringify(data)).digest('hex')
  return JSON.stringify({ format: 1, sha256, data })
}
