import { fileURLToPath } from 'node:url'

import { MediaError } from '../errors.ts'

/**
 * @returns The path of a file that a user names, by path or `file:` URL.
 * @throws MediaError MEDIA_UNKNOWN_SOURCE for another URL.
 */
export function pathOf(spec: string): string {
  if (spec.startsWith('file:')) return fileURLToPath(spec)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(spec)?.[1]
  // The rest of a URL may hold a password.
  if (scheme !== undefined)
    throw new MediaError('MEDIA_UNKNOWN_SOURCE', { source: `${scheme.toLowerCase()}:` })
  return spec
}
