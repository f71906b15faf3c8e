import { access, chmod, constants, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { AccessoryError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type DirectoryLock, lockDirectory } from './lock.ts'
import { SaveReports } from './save-reports.ts'
import {
  cameraSchema,
  databaseSchema,
  identitySchema,
  pairingsSchema,
  type StoredCamera,
  type StoredDatabase,
  type StoredIdentity,
  type StoredPairings,
} from './schemas.ts'
import { StateFile, unusable } from './state-file.ts'

/** A backup that is being put back, until all of it is. */
export const RESTORING = 'restoring.json'

/** How write-file-atomic names a file until it is complete. */
const LEFTOVER =
  /^(?:identity|pairings|database|camera|restoring|source)\.json(?:\.previous)?\.\d+$/

/** The files of one accessory, with what they held at the start. It holds the directory until closed. */
export interface Store extends AsyncDisposable {
  readonly directory: string
  readonly identity: StateFile<StoredIdentity>
  readonly pairings: StateFile<StoredPairings>
  readonly database: StateFile<StoredDatabase>
  readonly camera: StateFile<StoredCamera>
  readonly initial: {
    readonly identity: StoredIdentity | undefined
    readonly pairings: StoredPairings | undefined
    readonly database: StoredDatabase | undefined
    readonly camera: StoredCamera | undefined
  }
  /** Waits for what is being saved, refuses what comes later, and lets go of the directory. */
  close(): Promise<void>
}

/**
 * Opens the storage directory, and creates it (0700) if there is none.
 *
 * @param log Told when it cannot be written, and when it can again.
 * @throws AccessoryError `STORAGE_IN_USE` when another camera has it open. `STORAGE_DAMAGED` when any
 * file is damaged, or when files are there but not the identity they belong to: a camera never becomes
 * a new one by accident. `STORAGE_UNUSABLE` when the directory cannot be written.
 */
export async function openStore(directory: string, log?: Log): Promise<Store> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    await chmod(directory, 0o700)
  } catch (cause) {
    throw unusable(directory, cause)
  }
  const lock = await lockDirectory(directory)
  try {
    return await loadStore(directory, lock, log && new SaveReports(log))
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function loadStore(
  directory: string,
  lock: DirectoryLock,
  reports: SaveReports | undefined,
): Promise<Store> {
  await refuseHalfRestored(directory)
  const file = (name: string) => join(directory, name)
  const files = {
    identity: new StateFile(file('identity.json'), identitySchema, reports),
    pairings: new StateFile(file('pairings.json'), pairingsSchema, reports),
    database: new StateFile(file('database.json'), databaseSchema, reports),
    camera: new StateFile(file('camera.json'), cameraSchema, reports),
  }
  const initial = {
    identity: await files.identity.load(),
    pairings: await files.pairings.load(),
    database: await files.database.load(),
    camera: await files.camera.load(),
  }
  // The first start writes the empty list of pairings before the identity: a camera that is killed
  // in between has nothing to lose.
  const hasOthers =
    initial.database !== undefined ||
    initial.camera !== undefined ||
    (initial.pairings?.pairings.length ?? 0) > 0
  if (initial.identity === undefined && hasOthers)
    throw missing(files.identity.path, 'its identity')
  if (initial.identity !== undefined && initial.pairings === undefined) {
    throw missing(files.pairings.path, 'its pairings')
  }
  await removeLeftovers(directory)
  const close = async () => {
    await Promise.all(Object.values(files).map(each => each.close()))
    await lock.release()
  }
  return { directory, ...files, initial, close, [Symbol.asyncDispose]: close }
}

/** The file a killed process was writing is of no use, and may hold a setup code. */
async function removeLeftovers(directory: string): Promise<void> {
  try {
    const names = (await readdir(directory)).filter(name => LEFTOVER.test(name))
    await Promise.all(names.map(name => rm(join(directory, name), { force: true })))
  } catch (cause) {
    throw unusable(directory, cause)
  }
}

function missing(path: string, what: string): AccessoryError {
  return new AccessoryError('STORAGE_DAMAGED', {
    message:
      `${path} is missing, and without it the camera would lose ${what}. Put back what was there ` +
      `before with: hksv state restore --storage ${dirname(path)}`,
  })
}

/** A restore that was killed has mixed two states: none of them may be used. */
async function refuseHalfRestored(directory: string): Promise<void> {
  try {
    await access(join(directory, RESTORING))
  } catch {
    return
  }
  throw new AccessoryError('STORAGE_DAMAGED', {
    message: `A restore of ${directory} was interrupted. Go on with: hksv state restore --storage ${directory}`,
  })
}
