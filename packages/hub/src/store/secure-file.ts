import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'

import { HubError } from '../errors.ts'

const envelope = z.object({ format: z.literal(1), sha256: z.string(), data: z.unknown() })

/**
 * Reads a JSON file that {@link writeSecureFile} wrote.
 *
 * @returns `undefined` when there is none.
 * @throws HubError `HUB_STORE_DAMAGED`, `HUB_STORE_UNUSABLE`
 */
export async function readSecureFile<T>(
  path: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (isNodeError(cause) && cause.code === 'ENOENT') return undefined
    throw storeUnusable(path, cause)
  }
  try {
    const { sha256, data } = envelope.parse(JSON.parse(text))
    if (sha256 !== digest(data)) throw new HubError('HUB_STORE_DAMAGED')
    return schema.parse(data)
  } catch (cause) {
    throw new HubError('HUB_STORE_DAMAGED', {
      message:
        `${path} is damaged. Put a backup back, or move it away: accessories that know this ` +
        'controller only by it have to be reset and paired again.',
      cause,
    })
  }
}

/** Writes a JSON file (0600) so that kill -9 leaves the old or the new one, and it is on the disk. */
export async function writeSecureFile(path: string, value: unknown): Promise<void> {
  const data: unknown = JSON.parse(JSON.stringify(value))
  const text = `${JSON.stringify({ format: 1, sha256: digest(data), data }, null, 2)}\n`
  try {
    await writeFileAtomic(path, text, { mode: 0o600 })
    const directory = await open(dirname(path), 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  } catch (cause) {
    throw storeUnusable(path, cause)
  }
}

/** An error of the file system in a sentence. */
export function storeUnusable(path: string, cause: unknown): HubError {
  const why = isNodeError(cause) ? (cause.code ?? cause.message) : String(cause)
  return new HubError('HUB_STORE_UNUSABLE', {
    message: `Cannot use ${path}: ${why}. Choose another directory with --store, or make this one writable.`,
    cause,
  })
}

/** Whether this is an error of the operating system, with a code like `ENOENT`. */
export function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

function digest(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex')
}
