import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

import { AccessoryError } from '../errors.ts'
import { type Backup, readBackup, type StateTexts, writeBackup } from './backup.ts'
import { expectDirectory, readState, readTextOf, stateNames } from './check-state.ts'
import { lockDirectory } from './lock.ts'
import type { StateFileName } from './schemas.ts'
import { syncDirectory, unusable } from './state-file.ts'
import { RESTORING } from './store.ts'

/** What a restore or a reset did. */
export interface Replaced {
  /** The files that were put back. */
  readonly restored: readonly string[]
  /** Where the files are that were in the way; nothing is ever deleted. */
  readonly aside: string | undefined
}

/**
 * Puts a state back: that of a backup, or without one the generation before of each file that is
 * damaged or missing. What was there is kept aside. Killed in between, no camera starts on the
 * directory until another restore has finished it.
 *
 * @throws AccessoryError `STORAGE_IN_USE`, `BACKUP_INVALID`, `STORAGE_DAMAGED` when there is nothing to
 * put back, `STORAGE_NEWER`, `STORAGE_UNUSABLE`
 */
export async function restoreState(directory: string, file?: string): Promise<Replaced> {
  const backup = file === undefined ? undefined : await readBackup(file)
  if (backup === undefined) await expectDirectory(directory)
  return whileLocked(directory, async () => {
    const begun = join(directory, RESTORING)
    if (backup !== undefined) await writeBackup(begun, backup)
    const isBegun = (await readTextOf(begun)) !== undefined
    if (!isBegun) return restoreGenerations(directory)
    const replaced = await restoreBackup(directory, await readBackup(begun))
    await rm(begun)
    await syncDirectory(directory)
    return replaced
  })
}

/**
 * Makes the directory a new camera at its next start; the old state is kept aside.
 *
 * @throws AccessoryError `STORAGE_IN_USE`, `STORAGE_UNUSABLE`
 */
export async function resetState(directory: string): Promise<Replaced> {
  await expectDirectory(directory)
  return whileLocked(directory, async () => {
    const aside = await putAside(directory, [...generations(), RESTORING], rename)
    return { restored: [], aside }
  })
}

async function whileLocked<T>(directory: string, run: () => Promise<T>): Promise<T> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw unusable(directory, cause)
  }
  const lock = await lockDirectory(directory)
  try {
    return await run()
  } finally {
    await lock.release()
  }
}

async function restoreBackup(directory: string, { files }: Backup): Promise<Replaced> {
  const aside = await putAside(directory, generations(), rename)
  return { restored: await writeAll(directory, files), aside }
}

async function restoreGenerations(directory: string): Promise<Replaced> {
  const files: Partial<Record<StateFileName, string>> = {}
  const lost: StateFileName[] = []
  for (const name of stateNames) {
    const { state } = await readState(directory, name, name)
    if (state === 'intact' || state === 'newer') continue
    const previous = await readState(directory, name, `${name}.previous`)
    if (previous.state === 'intact' && previous.text !== undefined) files[name] = previous.text
    else if (state === 'damaged') lost.push(name)
  }
  if (lost.length > 0) {
    throw new AccessoryError('STORAGE_DAMAGED', {
      message:
        `Nothing intact is left of ${lost.join(', ')} in ${directory}. Put a backup back with ` +
        '"hksv state restore FILE", or begin as a new camera with "hksv state reset".',
    })
  }
  // A copy: were it moved, a kill in between would leave a camera without it.
  const aside = await putAside(directory, Object.keys(files), copyFile)
  return { restored: await writeAll(directory, files), aside }
}

async function writeAll(directory: string, files: StateTexts): Promise<string[]> {
  const written: string[] = []
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) continue
    const path = join(directory, name)
    try {
      await writeFileAtomic(path, text, { mode: 0o600 })
    } catch (cause) {
      throw unusable(path, cause)
    }
    written.push(name)
  }
  await syncDirectory(directory)
  return written
}

/** Every name that a generation of the state may have. */
function generations(): string[] {
  return stateNames.flatMap(name => [name, `${name}.previous`])
}

/** @returns The directory in which they are now, unless there was none of them. */
async function putAside(
  directory: string,
  names: readonly string[],
  put: (from: string, to: string) => Promise<void>,
): Promise<string | undefined> {
  const stamp = new Date().toISOString().replaceAll(':', '-')
  const aside = join(directory, `replaced-${stamp}`)
  let isUsed = false
  for (const name of names) {
    const path = join(directory, name)
    try {
      if ((await readTextOf(path)) === undefined) continue
      await mkdir(aside, { recursive: true, mode: 0o700 })
      await put(path, join(aside, name))
    } catch (cause) {
      throw unusable(path, cause)
    }
    isUsed = true
  }
  if (isUsed) await syncDirectory(directory)
  return isUsed ? aside : undefined
}
