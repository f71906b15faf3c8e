import { createHash, randomUUID } from 'node:crypto'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { types } from 'node:util'
import * as v from 'valibot'
import writeFileAtomic from 'write-file-atomic'

import { HubError } from '../errors.ts'

const envelope = v.object({ format: v.literal(1), sha256: v.string(), data: v.unknown() })

/** What the operating system's codes mean. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOENT: 'there is no such directory',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'it is not a directory',
  EISDIR: 'it is a directory',
}

/**
 * Reads a JSON file that {@link writeSecureFile} wrote.
 *
 * @param wayOut What the user can do when it is damaged, as a sentence.
 * @returns `undefined` when there is none.
 * @throws HubError `HUB_STORE_DAMAGED`, `HUB_STORE_UNUSABLE`
 */
export async function readSecureFile<T>(
  path: string,
  schema: v.GenericSchema<unknown, T>,
  wayOut: string,
): Promise<T | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (isNodeError(cause) && cause.code === 'ENOENT') return undefined
    throw storeUnusable(path, cause)
  }
  try {
    const { sha256, data } = v.parse(envelope, JSON.parse(text))
    if (sha256 !== digest(data)) throw new HubError('HUB_STORE_DAMAGED')
    return v.parse(schema, data)
  } catch (cause) {
    throw storeDamaged(`${path} is damaged. ${wayOut}`, cause)
  }
}

/**
 * Writes a JSON file (0600) so that kill -9 leaves the old or the new one, and it is on the disk.
 *
 * @throws HubError `HUB_STORE_UNUSABLE`
 */
export async function writeSecureFile(path: string, value: unknown): Promise<void> {
  try {
    await writeFileAtomic(path, render(value), { mode: 0o600 })
    await syncDirectory(dirname(path))
  } catch (cause) {
    throw storeUnusable(path, cause)
  }
}

/**
 * Like {@link writeSecureFile}, but leaves a file alone that another process made in the meantime.
 *
 * @throws HubError `HUB_STORE_UNUSABLE`
 */
export async function createSecureFile(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  try {
    await writeFileAtomic(temporary, render(value), { mode: 0o600 })
    try {
      await link(temporary, path)
    } catch (error) {
      // Not every file system has links.
      if (!isNodeError(error) || error.code !== 'EEXIST') await rename(temporary, path)
    } finally {
      await rm(temporary, { force: true })
    }
    await syncDirectory(dirname(path))
  } catch (cause) {
    throw storeUnusable(path, cause)
  }
}

/**
 * Removes a file, if it is there, and makes that durable.
 *
 * @throws HubError `HUB_STORE_UNUSABLE`
 */
export async function removeSecureFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
    await syncDirectory(dirname(path))
  } catch (cause) {
    throw storeUnusable(path, cause)
  }
}

/** An error of the file system in a sentence. */
export function storeUnusable(path: string, cause: unknown): HubError {
  return new HubError('HUB_STORE_UNUSABLE', {
    message: `Cannot use ${path}: ${systemReason(cause)}. Choose another directory with --store, or make this one writable.`,
    cause,
  })
}

/** A file is not what was written there. */
export function storeDamaged(message: string, cause?: unknown): HubError {
  return new HubError('HUB_STORE_DAMAGED', { message, cause })
}

/** @returns Why the operating system would not, in words. */
export function systemReason(cause: unknown): string {
  const code = isNodeError(cause) ? cause.code : undefined
  return REASONS[code ?? ''] ?? code ?? String(cause)
}

/** Whether this is an error of the operating system, with a code like `ENOENT`. */
export function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  // Test runners have an Error of their own, which those of Node are no instances of.
  return types.isNativeError(error) && 'code' in error && typeof error.code === 'string'
}

function render(value: unknown): string {
  const data: unknown = JSON.parse(JSON.stringify(value))
  return `${JSON.stringify({ format: 1, sha256: digest(data), data }, null, 2)}\n`
}

function digest(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex')
}

/** A rename is durable only once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
