import { type FileHandle, open } from 'node:fs/promises'

import { isFmp4Error, type Movie, movieReader } from '@hksv/fmp4'

import { MediaError, type MediaErrorCode } from '../errors.ts'

/** An open MP4 file and what its tables say. The holder closes `handle`. */
export interface MovieFile {
  readonly handle: FileHandle
  readonly movie: Movie
}

const openErrors: Readonly<Record<string, MediaErrorCode>> = {
  ENOENT: 'MEDIA_NOT_FOUND',
  ENOTDIR: 'MEDIA_NOT_FOUND',
  EISDIR: 'MEDIA_NOT_A_FILE',
  EACCES: 'MEDIA_NOT_READABLE',
  EPERM: 'MEDIA_NOT_READABLE',
}

/**
 * Opens an MP4 file and reads its tables, not its media.
 * @throws MediaError MEDIA_NOT_FOUND, MEDIA_NOT_A_FILE, MEDIA_NOT_READABLE, MEDIA_NOT_MP4,
 * MEDIA_TRUNCATED, MEDIA_DAMAGED, MEDIA_READ.
 */
export async function openMovieFile(path: string): Promise<MovieFile> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new MediaError(openErrors[errnoOf(cause)] ?? 'MEDIA_READ', { source: path, cause })
  })
  try {
    return { handle, movie: await readTables(handle, path) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * Reads exactly `length` bytes.
 * @throws MediaError MEDIA_READ when reading fails or the file has become shorter.
 */
export async function readExactly(
  handle: FileHandle,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle
      .read(bytes, filled, length - filled, offset + filled)
      .catch((cause: unknown) => {
        throw new MediaError('MEDIA_READ', { cause })
      })
    if (bytesRead === 0) throw new MediaError('MEDIA_READ', { detail: 'it has become shorter' })
    filled += bytesRead
  }
  return bytes
}

async function readTables(handle: FileHandle, path: string): Promise<Movie> {
  const stat = await handle.stat()
  if (!stat.isFile()) throw new MediaError('MEDIA_NOT_A_FILE', { source: path })
  if (stat.size === 0)
    throw new MediaError('MEDIA_NOT_MP4', { source: path, detail: 'it is empty' })
  try {
    const reader = movieReader(stat.size)
    let step = reader.next()
    while (!step.done) {
      const { offset, length } = step.value
      step = reader.next(await readExactly(handle, offset, length))
    }
    return step.value
  } catch (cause) {
    if (!isFmp4Error(cause)) throw cause
    const codes: Partial<Record<string, MediaErrorCode>> = {
      FMP4_NOT_MP4: 'MEDIA_NOT_MP4',
      FMP4_TRUNCATED: 'MEDIA_TRUNCATED',
    }
    const code = codes[cause.code] ?? 'MEDIA_DAMAGED'
    throw new MediaError(code, {
      source: path,
      cause,
      ...(code === 'MEDIA_DAMAGED' && { detail: cause.message }),
    })
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
