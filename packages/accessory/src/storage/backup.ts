import { createHash } from 'node:crypto'
import { access } from 'node:fs/promises'
import * as v from 'valibot'
import writeFileAtomic from 'write-file-atomic'

import { AccessoryError } from '../errors.ts'
import { expectDirectory, readState, readTextOf, stateNames } from './check-state.ts'
import { type StateFileName, stateSchemas } from './schemas.ts'
import { parseState, unusable } from './state-file.ts'

const FORMAT = 1
const KIND = 'hksv-state'
/** A camera that writes all the time is asked this often for a moment of quiet. */
const ATTEMPTS = 20

/** The texts of the state files by name. */
export type StateTexts = { readonly [name in StateFileName]?: string | undefined }

/** What a backup is of. */
export interface Backup {
  /** ISO 8601. */
  readonly createdAt: string
  readonly deviceId: string
  readonly files: StateTexts
}

const backupSchema = v.object({
  kind: v.literal(KIND),
  format: v.literal(FORMAT),
  createdAt: v.string(),
  deviceId: v.string(),
  sha256: v.string(),
  files: v.object({
    'identity.json': v.string(),
    'pairings.json': v.string(),
    'database.json': v.optional(v.string()),
    'camera.json': v.optional(v.string()),
  }),
})

/**
 * Writes the whole state into one file (0600), also while a camera runs. Whoever has it can be the
 * camera: it holds the long-term key.
 *
 * @param options.isForced Replaces a file that is there already.
 * @throws AccessoryError `STORAGE_DAMAGED`, `STORAGE_NEWER`, `STORAGE_UNUSABLE`; `BACKUP_INVALID` when
 * the file is there.
 */
export async function backUpState(
  directory: string,
  file: string,
  options: { isForced?: boolean } = {},
): Promise<Backup> {
  if (options.isForced !== true) await expectNothingAt(file)
  await expectDirectory(directory)
  const files = await readWhole(directory)
  const identity = files['identity.json']
  if (identity === undefined || files['pairings.json'] === undefined) {
    throw new AccessoryError('STORAGE_UNUSABLE', {
      message: `${directory} holds no camera. Say with --storage where the camera keeps its state.`,
    })
  }
  const { deviceId } = parseState(identity, stateSchemas['identity.json'], 'identity.json')
  const backup = { createdAt: new Date().toISOString(), deviceId, files }
  await writeBackup(file, backup)
  return backup
}

/** @throws AccessoryError `STORAGE_UNUSABLE` */
export async function writeBackup(file: string, backup: Backup): Promise<void> {
  const text = { kind: KIND, format: FORMAT, ...backup, sha256: digest(backup.files) }
  try {
    await writeFileAtomic(file, `${JSON.stringify(text, null, 2)}\n`, { mode: 0o600 })
  } catch (cause) {
    throw unusable(file, cause)
  }
}

/**
 * Reads a backup, and every file in it.
 *
 * @throws AccessoryError `BACKUP_INVALID`, `STORAGE_NEWER`, `STORAGE_UNUSABLE`
 */
export async function readBackup(file: string): Promise<Backup> {
  const text = await readTextOf(file)
  if (text === undefined) throw invalid(`There is no file ${file}.`)
  let backup: v.InferOutput<typeof backupSchema>
  try {
    backup = v.parse(backupSchema, JSON.parse(text))
  } catch (cause) {
    throw invalid(`${file} is no backup of a camera's state, or not all of one.`, cause)
  }
  const { createdAt, deviceId, sha256 } = backup
  const files = present(backup.files)
  if (sha256 !== digest(files)) throw invalid(`${file} is damaged: its checksum does not match.`)
  for (const name of stateNames) {
    const content = files[name]
    if (content !== undefined) parseState<object>(content, stateSchemas[name], name)
  }
  return { createdAt, deviceId, files }
}

/** All files as they were at one moment. */
async function readWhole(directory: string): Promise<StateTexts> {
  let last: string | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const files: Partial<Record<StateFileName, string>> = {}
    for (const name of stateNames) {
      const { state, text } = await readState(directory, name, name)
      if (text === undefined) continue
      // Says which and why.
      if (state !== 'intact') parseState<object>(text, stateSchemas[name], `${directory}/${name}`)
      files[name] = text
    }
    const now = digest(files)
    if (now === last) return files
    last = now
  }
  throw new AccessoryError('STORAGE_UNUSABLE', {
    message: `${directory} is written all the time. Stop the camera, and try again.`,
  })
}

async function expectNothingAt(file: string): Promise<void> {
  try {
    await access(file)
  } catch {
    return
  }
  throw invalid(`${file} is there already. Choose another name, or replace it with --force.`)
}

/** The files without those that are not there, in their order: what the checksum is of. */
function present(files: StateTexts): StateTexts {
  const names = stateNames.filter(name => files[name] !== undefined)
  return Object.fromEntries(names.map(name => [name, files[name]]))
}

function digest(files: StateTexts): string {
  return createHash('sha256')
    .update(JSON.stringify(present(files)))
    .digest('hex')
}

function invalid(message: string, cause?: unknown): AccessoryError {
  return new AccessoryError('BACKUP_INVALID', { message, cause })
}

/** `hksv-AABBCCDDEEFF-2026-01-31.json` */
export function backupName({
  deviceId,
  createdAt,
}: Pick<Backup, 'deviceId' | 'createdAt'>): string {
  return `hksv-${deviceId.replaceAll(':', '')}-${createdAt.slice(0, 10)}.json`
}
