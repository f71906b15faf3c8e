import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { AccessoryError, isAccessoryError } from '../errors.ts'
import { lockHolder } from './lock.ts'
import type { LockHolder } from './lock-socket.ts'
import { type StateFileName, stateSchemas } from './schemas.ts'
import { isNodeError, parseState, unusable } from './state-file.ts'
import { RESTORING } from './store.ts'

/** How one file is. */
export type FileState = 'intact' | 'missing' | 'damaged' | 'newer'

/** One file of a storage directory. */
export interface FileReport {
  readonly name: string
  readonly state: FileState
  /** Whether others than its owner can read it. */
  readonly isExposed: boolean
}

/** What a storage directory holds, without any of its secrets. */
export interface StateReport {
  readonly directory: string
  /** Of the camera that runs on it. */
  readonly pid: number | undefined
  readonly isRunning: boolean
  readonly files: readonly FileReport[]
  /** A restore began and did not end. */
  readonly isHalfRestored: boolean
  /** Whether a camera would start on it. */
  readonly isUsable: boolean
  readonly deviceId: string | undefined
  readonly pairings: number | undefined
  readonly configurationNumber: number | undefined
}

/** A state file as it was read. */
export interface ReadState {
  readonly state: FileState
  readonly text: string | undefined
  /** Its data, when it is intact. */
  readonly value: object | undefined
}

export const stateNames = Object.keys(stateSchemas) as StateFileName[]

/**
 * Looks at a storage directory, also while a camera runs on it, and changes nothing.
 *
 * @throws AccessoryError `STORAGE_UNUSABLE` when it is not there or cannot be read.
 */
export async function checkState(directory: string): Promise<StateReport> {
  await expectDirectory(directory)
  const files: FileReport[] = []
  const values: Partial<Record<StateFileName, object>> = {}
  for (const name of stateNames) {
    for (const which of [name, `${name}.previous`]) {
      const { state, value } = await readState(directory, name, which)
      // Nothing is missed where no generation came before.
      if (state === 'missing' && which !== name) continue
      if (which === name && value !== undefined) values[name] = value
      files.push({ name: which, state, isExposed: await isExposed(join(directory, which)) })
    }
  }
  const holder: LockHolder | undefined = await lockHolder(directory)
  const isHalfRestored = (await readTextOf(join(directory, RESTORING))) !== undefined
  const stateOf = (name: StateFileName) => files.find(file => file.name === name)?.state
  const [identity, pairings] = [stateOf('identity.json'), stateOf('pairings.json')]
  const isNew = stateNames.every(name => stateOf(name) === 'missing')
  const isSound = stateNames.every(name => ['intact', 'missing'].includes(stateOf(name) ?? ''))
  const isWhole = isNew || (identity === 'intact' && pairings === 'intact')
  return {
    directory,
    pid: holder?.pid,
    isRunning: holder !== undefined,
    files,
    isHalfRestored,
    isUsable: isSound && isWhole && !isHalfRestored,
    ...summary(values),
  }
}

/** Reads one generation of a state file. */
export async function readState(
  directory: string,
  name: StateFileName,
  which: string,
): Promise<ReadState> {
  const path = join(directory, which)
  const text = await readTextOf(path)
  if (text === undefined) return { state: 'missing', text, value: undefined }
  try {
    return { state: 'intact', text, value: parseState<object>(text, stateSchemas[name], path) }
  } catch (error) {
    const isNewer = isAccessoryError(error) && error.code === 'STORAGE_NEWER'
    return { state: isNewer ? 'newer' : 'damaged', text, value: undefined }
  }
}

/** @throws AccessoryError `STORAGE_UNUSABLE` */
export async function expectDirectory(directory: string): Promise<void> {
  try {
    if ((await stat(directory)).isDirectory()) return
  } catch (cause) {
    if (!isNodeError(cause) || cause.code !== 'ENOENT') throw unusable(directory, cause)
  }
  throw new AccessoryError('STORAGE_UNUSABLE', {
    message: `There is no directory ${directory}. Say with --storage where the camera keeps its state.`,
  })
}

/** @returns `undefined` when there is no such file. */
export async function readTextOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (isNodeError(cause) && cause.code === 'ENOENT') return undefined
    throw unusable(path, cause)
  }
}

async function isExposed(path: string): Promise<boolean> {
  try {
    return ((await stat(path)).mode & 0o077) !== 0
  } catch {
    // A file that is not there shows nothing.
    return false
  }
}

function summary(
  values: Partial<Record<StateFileName, object>>,
): Pick<StateReport, 'deviceId' | 'pairings' | 'configurationNumber'> {
  const known = Object.assign({}, ...Object.values(values)) as {
    deviceId?: string
    pairings?: readonly unknown[]
    configurationNumber?: number
  }
  const { deviceId, pairings, configurationNumber } = known
  return { deviceId, pairings: pairings?.length, configurationNumber }
}
