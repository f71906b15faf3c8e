import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { build } from 'esbuild'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'

import { forgetSetupCode, openIdentity } from '../src/identity.ts'
import { StateFile } from '../src/storage/state-file.ts'
import { openStore, type Store } from '../src/storage/store.ts'
import { contents, filesWith, modeOf, temporaryDirectory } from './support/directory.ts'

const pairing = { identifier: 'A', publicKey: '11'.repeat(32), permissions: 1 }
const settings = {
  isCameraActive: true,
  isStreamingActive: [true, true],
  isRecordingActive: false,
  isRecordingAudioActive: false,
  areEventSnapshotsActive: true,
  arePeriodicSnapshotsActive: true,
  isIndicatorActive: true,
  isNightVisionActive: true,
  isMicrophoneMuted: false,
  isSpeakerMuted: false,
  speakerVolume: 100,
  isManuallyDisabled: false,
}
const names = ['identity.json', 'pairings.json', 'database.json', 'camera.json']

const opened = new Map<string, Store>()

/** Opens a store, in place of the one that the test had open there. */
async function open(directory: string): Promise<Store> {
  await opened.get(directory)?.close()
  const store = await openStore(directory)
  opened.set(directory, store)
  return store
}

/** A store in which every file has been written. */
async function fullStore(): Promise<{ directory: string; store: Store }> {
  const directory = join(await temporaryDirectory(), 'camera')
  const store = await open(directory)
  await openIdentity(crypto, store, '123-45-678')
  await store.pairings.save({ failedAttempts: 0, pairings: [pairing] })
  const database = { configurationNumber: 1, databaseHash: '', instanceIds: {}, nextInstanceId: 1 }
  await store.database.save(database)
  await store.camera.save(settings)
  return { directory, store }
}

describe('what is not what was written', () => {
  const damages: readonly (readonly [string, (text: string) => string])[] = [
    ['empty', () => ''],
    ['cut in half', text => text.slice(0, text.length / 2)],
    ['cut by its last brace', text => text.trimEnd().slice(0, -1)],
    ['zeros', text => '\0'.repeat(text.length)],
    ['not JSON', () => 'hello'],
    ['JSON of another kind', () => '[]'],
    ['without a checksum', text => text.replace(/"sha256": "[^"]*",/, '')],
    ['with another checksum', text => text.replace(/"sha256": "."*/, '"sha256": "g')],
    ['with a number of another value', text => text.replace(/(: )(true|\d+|\[)/, '$10, "x": $2')],
  ]

  test.each(names)('%s: refused by name, and left as it is', async name => {
    const { directory } = await fullStore()
    const path = join(directory, name)
    const text = await readFile(path, 'utf8')
    for (const [, damage] of damages) {
      await writeFile(path, damage(text))
      const before = await contents(directory)
      const message = expect.stringContaining(path)
      await expect(open(directory)).rejects.toMatchObject({ code: 'STORAGE_DAMAGED', message })
      expect(await contents(directory)).toEqual(before)
    }
    await writeFile(path, text)
    await open(directory)
  })

  test('a good checksum over a value of the wrong shape', async () => {
    const { directory, store } = await fullStore()
    const other = new StateFile(store.pairings.path, v.unknown())
    await other.save({ failedAttempts: 0, pairings: [{ ...pairing, publicKey: 'zz' }] })
    await expect(open(directory)).rejects.toMatchObject({ code: 'STORAGE_DAMAGED' })
  })

  test.each(['identity.json', 'pairings.json'])('%s is missing', async name => {
    const { directory, store } = await fullStore()
    await rm(join(directory, name))
    const before = await contents(directory)
    await expect(open(directory)).rejects.toMatchObject({
      code: 'STORAGE_DAMAGED',
      message: expect.stringContaining(join(store.directory, name)),
    })
    expect(await contents(directory)).toEqual(before)
  })

  test('an empty list of pairings without an identity is a first start that was cut short', async () => {
    const directory = await temporaryDirectory()
    const store = await open(directory)
    await store.pairings.save({ failedAttempts: 0, pairings: [] })
    await expect(open(directory)).resolves.toBeDefined()
  })
})

describe('the directory', () => {
  test('is closed to others, and so is every file', async () => {
    const { directory, store } = await fullStore()
    await store.camera.save({ ...settings, isNightVisionActive: false })
    expect(await modeOf(directory)).toBe(0o700)
    const files = Object.keys(await contents(directory))
    expect(files).toContain('camera.json.previous')
    for (const name of files) expect(await modeOf(join(directory, name))).toBe(0o600)
  })

  test('is closed to others when it was open', async () => {
    const directory = await temporaryDirectory()
    await chmod(directory, 0o755)
    await open(directory)
    expect(await modeOf(directory)).toBe(0o700)
  })

  test('a file stands where it should be', async () => {
    const path = join(await temporaryDirectory(), 'camera')
    await writeFile(path, '')
    for (const unusable of [path, join(path, 'deeper')]) {
      await expect(open(unusable)).rejects.toMatchObject({
        code: 'STORAGE_UNUSABLE',
        message: expect.stringContaining(unusable),
      })
    }
  })

  test('a file cannot be read', async () => {
    const { directory } = await fullStore()
    await rm(join(directory, 'camera.json'))
    await mkdir(join(directory, 'camera.json'))
    await expect(open(directory)).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE' })
  })

  test('what killed writers left is cleared away, and nothing else', async () => {
    const { directory } = await fullStore()
    await writeFile(join(directory, 'identity.json.123456789'), 'left')
    await writeFile(join(directory, 'identity.json.previous.42'), 'left')
    await writeFile(join(directory, 'identity.json.backup'), 'mine')
    await symlink('identity.json', join(directory, 'notes.1'))
    await open(directory)
    expect(Object.keys(await contents(directory))).toEqual(
      [...names, 'identity.json.backup', 'notes.1', 'pairings.json.previous'].sort(),
    )
  })
})

describe('the generation before', () => {
  test('is that of the last start first, then of each save', async () => {
    const { directory, store } = await fullStore()
    const [first = ''] = await Promise.all([readFile(store.camera.path, 'utf8')])
    const again = await open(directory)
    await again.camera.save(settings)
    expect(await filesWith(directory, 'isNightVision')).toEqual(['camera.json'])
    await again.camera.save({ ...settings, isNightVisionActive: false })
    expect(await readFile(`${store.camera.path}.previous`, 'utf8')).toBe(first)
  })

  test('a failed save is told, and the next one is tried all the same', async () => {
    const { directory, store } = await fullStore()
    await mkdir(join(directory, 'camera.json.previous'))
    const night = { ...settings, isNightVisionActive: false }
    await expect(store.camera.save(night)).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE' })
    await rm(join(directory, 'camera.json.previous'), { recursive: true })
    await store.camera.save(night)
    expect((await open(directory)).initial.camera).toEqual(night)
  })
})

test('kill -9 in the middle of saving leaves the old or the new state', {
  timeout: 120_000,
}, async () => {
  const path = join(await temporaryDirectory(), 'state.json')
  const schema = v.object({ number: v.number(), filler: v.string() })
  const child = join(await temporaryDirectory(), 'save-forever.cjs')
  const source = fileURLToPath(new URL('support/save-forever.ts', import.meta.url))
  await build({ entryPoints: [source], outfile: child, bundle: true, platform: 'node' })
  let first = 0
  for (let kill = 0; kill < 20; kill++) {
    const writer = spawn(process.execPath, [child, path, `${first}`])
    const closed = new Promise(resolve => writer.on('close', resolve))
    let reported = -1
    for await (const line of createInterface({ input: writer.stdout })) {
      reported = Number(line)
      if (reported >= first + 3 + kill) writer.kill('SIGKILL')
    }
    await closed
    const state = await new StateFile(path, schema).load()
    // What was reported is on the disk; the one save after it may be.
    expect([reported, reported + 1]).toContain(state?.number)
    const previous = await new StateFile(`${path}.previous`, schema).load()
    expect([0, 1]).toContain((state?.number ?? 0) - (previous?.number ?? 0))
    first = (state?.number ?? 0) + 1
  }
})

describe('the setup code', () => {
  test('stays the same while nobody is paired', async () => {
    const directory = await temporaryDirectory()
    const codes = new Set<string | undefined>()
    const verifiers = new Set<string>()
    for (let start = 0; start < 3; start++) {
      const identity = await openIdentity(crypto, await open(directory), undefined)
      codes.add(identity.setupCode)
      verifiers.add(Buffer.from(identity.credentials.verifier).toString('hex'))
    }
    expect([...codes]).toEqual([expect.stringMatching(/^\d{3}-\d{2}-\d{3}$/)])
    expect(verifiers.size).toBe(1)
  })

  test('another one given changes code and verifier, and nothing else', async () => {
    const directory = await temporaryDirectory()
    const before = await openIdentity(crypto, await open(directory), '123-45-670')
    const after = await openIdentity(crypto, await open(directory), '123-45-679')
    expect(after.setupCode).toBe('123-45-679')
    expect(after.credentials).not.toEqual(before.credentials)
    const { identifier, longTermKey } = before.accessory
    expect(after.accessory.identifier).toBe(identifier)
    expect(after.accessory.longTermKey.publicKey).toEqual(longTermKey.publicKey)
    expect(after.setupId).toBe(before.setupId)
  })

  test('is gone from every file once somebody is paired', async () => {
    const directory = await temporaryDirectory()
    await openIdentity(crypto, await open(directory), '123-45-670')
    const store = await open(directory)
    await openIdentity(crypto, store, '123-45-679')
    expect(await filesWith(directory, '123-45-67')).toEqual([
      'identity.json',
      'identity.json.previous',
    ])
    await store.pairings.save({ failedAttempts: 0, pairings: [pairing] })
    await forgetSetupCode(store)
    expect(await filesWith(directory, '123-45-67')).toEqual([])
    // Nor does a start with the code in its options bring it back.
    const { setupCode } = await openIdentity(crypto, await open(directory), '123-45-678')
    expect(setupCode).toBeUndefined()
    expect(await filesWith(directory, '123-45-67')).toEqual([])
  })

  test('goes at the next start when the camera was killed before it was gone', async () => {
    const directory = await temporaryDirectory()
    await openIdentity(crypto, await open(directory), '123-45-670')
    const store = await open(directory)
    await openIdentity(crypto, store, '123-45-679')
    await store.pairings.save({ failedAttempts: 0, pairings: [pairing] })
    // Killed here, the code is still there. The file before goes first, or the other is not touched.
    const { path } = store.identity
    await rm(`${path}.previous`)
    await mkdir(`${path}.previous`)
    await expect(forgetSetupCode(store)).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE' })
    expect(await readFile(path, 'utf8')).toContain('123-45-679')
    await rm(`${path}.previous`, { recursive: true })
    await openIdentity(crypto, await open(directory), undefined)
    expect(await filesWith(directory, '123-45-67')).toEqual([])
  })
})
