import { access, chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { backUpState, checkState, resetState, restoreState, startAccessory } from '@hksv/accessory'
import { describe, expect, test } from 'vitest'

import { Controller } from './client.ts'
import { filesWith, modeOf, temporaryDirectory } from './support/directory.ts'

/** Starts an accessory on `storage`, and pairs with it. */
async function start(storage: string) {
  return startAccessory({ name: 'Thing', host: '127.0.0.1', mdns: false, storage, services: {} })
}

/** A directory of an accessory that was paired and stopped, with its administrator. */
async function used() {
  const directory = await temporaryDirectory()
  const storage = join(directory, 'state')
  const accessory = await start(storage)
  const { id, setupCode = '', port } = accessory.info
  const admin = new Controller()
  await admin.pair(port, setupCode)
  await accessory.close()
  return { directory, storage, id, admin, setupCode }
}

/** Whether the accessory on `storage` is the one that `admin` paired with. */
async function isSame(storage: string, { id, admin }: { id: string; admin: Controller }) {
  const accessory = await start(storage)
  try {
    const client = await admin.connect(accessory.info.port)
    client.close()
    return accessory.info.id === id
  } catch {
    return false
  } finally {
    await accessory.close()
  }
}

describe('check', () => {
  test('tells what is there and none of its secrets, also of one that runs', async () => {
    const { storage, id } = await used()
    expect(await checkState(storage)).toMatchObject({
      deviceId: id,
      pairings: 1,
      configurationNumber: 1,
      isRunning: false,
      isUsable: true,
    })
    const running = await start(storage)
    const report = await checkState(storage)
    expect(report).toMatchObject({ isRunning: true, pid: process.pid, isUsable: true })
    await running.close()
    const { data } = JSON.parse(await readFile(join(storage, 'identity.json'), 'utf8'))
    for (const secret of [data.longTermSeed, data.salt, data.verifier]) {
      expect(JSON.stringify(report)).not.toContain(secret)
    }
  })

  test('finds what is damaged, missing, newer, or open to others', async () => {
    const { storage } = await used()
    const path = join(storage, 'pairings.json')
    const text = await readFile(path, 'utf8')
    const stateOf = async () => {
      const { files, isUsable } = await checkState(storage)
      return [files.find(({ name }) => name === 'pairings.json')?.state, isUsable]
    }
    await writeFile(path, text.slice(0, -9))
    expect(await stateOf()).toEqual(['damaged', false])
    await writeFile(path, text.replace('"format": 1', '"format": 2'))
    expect(await stateOf()).toEqual(['newer', false])
    await rm(path)
    expect(await stateOf()).toEqual(['missing', false])
    await writeFile(path, text)
    await chmod(path, 0o644)
    expect((await checkState(storage)).files).toContainEqual({
      name: 'pairings.json',
      state: 'intact',
      isExposed: true,
    })
  })

  test('of no directory says so, and makes none', async () => {
    const storage = join(await temporaryDirectory(), 'none')
    await expect(checkState(storage)).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE' })
    await expect(access(storage)).rejects.toThrow('ENOENT')
  })
})

describe('a backup', () => {
  test('of a running accessory makes another machine the same one', async () => {
    const made = await used()
    const { storage, directory } = made
    const file = join(directory, 'backup.json')
    const running = await start(storage)
    await backUpState(storage, file)
    await running.close()
    expect(await modeOf(file)).toBe(0o600)
    const elsewhere = join(directory, 'elsewhere')
    expect(await restoreState(elsewhere, file)).toMatchObject({ aside: undefined })
    expect(await isSame(elsewhere, made)).toBe(true)
  })

  test('replaces what is there, which is kept', async () => {
    const [made, other] = [await used(), await used()]
    const file = join(made.directory, 'backup.json')
    await backUpState(made.storage, file)
    const before = await readFile(join(other.storage, 'identity.json'), 'utf8')
    const { aside = '' } = await restoreState(other.storage, file)
    expect(await readFile(join(aside, 'identity.json'), 'utf8')).toBe(before)
    expect(await modeOf(aside)).toBe(0o700)
    expect(await isSame(other.storage, made)).toBe(true)
    // Nor is a generation of the other left that a later restore would find.
    expect(await filesWith(other.storage, other.id)).toEqual([])
  })

  test('is not written over, unless forced, nor made of what is damaged', async () => {
    const { storage, directory } = await used()
    const file = join(directory, 'backup.json')
    await writeFile(file, 'mine')
    await expect(backUpState(storage, file)).rejects.toMatchObject({ code: 'BACKUP_INVALID' })
    expect(await readFile(file, 'utf8')).toBe('mine')
    await writeFile(join(storage, 'database.json'), '{}')
    const forced = backUpState(storage, file, { isForced: true })
    await expect(forced).rejects.toMatchObject({ code: 'STORAGE_DAMAGED' })
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  test.each([
    ['cut in half', (text: string) => text.slice(0, text.length / 2)],
    ['a text', () => 'hello'],
    ['of other pairings', (text: string) => text.replace('permissions\\": 1', 'permissions\\": 0')],
    ['empty', () => ''],
  ])('that is %s is refused, and changes nothing', async (_, damage) => {
    const made = await used()
    const { storage, directory } = made
    const file = join(directory, 'backup.json')
    await backUpState(storage, file)
    const text = await readFile(file, 'utf8')
    const damaged = damage(text)
    expect(damaged).not.toBe(text)
    await writeFile(file, damaged)
    const before = await readdir(storage)
    await expect(restoreState(storage, file)).rejects.toMatchObject({ code: 'BACKUP_INVALID' })
    expect(await readdir(storage)).toEqual(before)
    expect(await isSame(storage, made)).toBe(true)
  })
})

describe('restore', () => {
  test('without a backup puts the generation before in place of what is damaged', async () => {
    const made = await used()
    const { storage } = made
    const path = join(storage, 'identity.json')
    await writeFile(path, 'damaged')
    await expect(start(storage)).rejects.toThrow(`hksv state restore --storage ${storage}`)
    const { restored, aside = '' } = await restoreState(storage)
    expect(restored).toEqual(['identity.json'])
    expect(await readFile(join(aside, 'identity.json'), 'utf8')).toBe('damaged')
    expect(await isSame(storage, made)).toBe(true)
    expect(await restoreState(storage)).toEqual({ restored: [], aside: undefined })
  })

  test('with nothing intact left says so, and changes nothing', async () => {
    const { storage } = await used()
    for (const name of ['identity.json', 'identity.json.previous']) {
      await writeFile(join(storage, name), 'damaged')
    }
    const before = await readdir(storage)
    await expect(restoreState(storage)).rejects.toThrow('hksv state reset')
    expect(await readdir(storage)).toEqual(before)
  })

  test('that was killed halfway is finished by the next, and nobody starts before', async () => {
    const [made, other] = [await used(), await used()]
    const file = join(made.directory, 'backup.json')
    await backUpState(made.storage, file)
    // Killed when the backup was in the directory and one of the files was replaced.
    await writeFile(join(other.storage, 'restoring.json'), await readFile(file))
    await rm(join(other.storage, 'pairings.json'))
    await expect(start(other.storage)).rejects.toThrow('was interrupted')
    expect(await checkState(other.storage)).toMatchObject({ isUsable: false, isHalfRestored: true })
    await restoreState(other.storage)
    expect(await isSame(other.storage, made)).toBe(true)
  })

  test('and reset are refused while a camera runs', async () => {
    const made = await used()
    const { storage, directory } = made
    const file = join(directory, 'backup.json')
    await backUpState(storage, file)
    const running = await start(storage)
    const attempts = [
      () => restoreState(storage, file),
      () => restoreState(storage),
      () => resetState(storage),
    ]
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({ code: 'STORAGE_IN_USE' })
    }
    await running.close()
    expect(await isSame(storage, made)).toBe(true)
  })
})

test('reset makes a new camera, and keeps the old one', async () => {
  const made = await used()
  const { storage } = made
  const { aside = '' } = await resetState(storage)
  expect(await isSame(storage, made)).toBe(false)
  expect(await readFile(join(aside, 'identity.json'), 'utf8')).toContain(made.id)
})

test('a state of a newer version is not called damaged', async () => {
  const { storage } = await used()
  const path = join(storage, 'database.json')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('"format": 1', '"format": 7'))
  await expect(start(storage)).rejects.toMatchObject({
    code: 'STORAGE_NEWER',
    message: expect.stringContaining('newer version'),
  })
})
