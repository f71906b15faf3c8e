import { isMediaError, MediaError } from './errors.ts'
import { type OpenSourceOptions, openSource } from './open-source.ts'
import { SeveralSources, type SourceVariant } from './several-sources.ts'
import type { MediaSource } from './source.ts'

/**
 * Opens the streams of one camera as one source: each reader gets the nearest to what it wants.
 * @param specs - As {@link openSource} takes them, the best first; a size may stand in front:
 * `640x360@rtsp://10.0.0.7/sub`. One alone is opened as it is. Those but the first that cannot be opened are
 * left out with a warning.
 * @throws MediaError As {@link openSource}, of the first; MEDIA_UNKNOWN_SOURCE when there is none.
 * @example
 * ```ts
 * const source = await openSources(['rtsp://10.0.0.7/main', '640x360@rtsp://10.0.0.7/sub'])
 * ```
 */
export async function openSources(
  specs: readonly string[],
  options: OpenSourceOptions = {},
): Promise<MediaSource> {
  const [first, ...others] = specs
  if (first === undefined) throw new MediaError('MEDIA_UNKNOWN_SOURCE', { detail: 'none is given' })
  const main = await open(first, options)
  if (others.length === 0 && main.size === undefined) return main.source
  const variants: [SourceVariant, ...SourceVariant[]] = [main]
  const { keepTrying: _, ...once } = options
  // One after the other: many cameras serve one newcomer at a time.
  for (const spec of others) {
    try {
      variants.push(await open(spec, once))
    } catch (error) {
      options.keepTrying?.throwIfAborted()
      if (!isMediaError(error)) throw error
      options.note?.(`${error.message}. It is left out until the next start.`)
    }
  }
  return new SeveralSources(variants)
}

async function open(spec: string, options: OpenSourceOptions): Promise<SourceVariant> {
  const [, width, height, rest] = /^(\d{2,5})x(\d{2,5})@(.+)$/s.exec(spec) ?? []
  if (rest === undefined) return { source: await openSource(spec, options) }
  const size = { width: Number(width), height: Number(height) }
  return { size, source: await openSource(rest, options) }
}
