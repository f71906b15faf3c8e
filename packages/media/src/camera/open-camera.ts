import { BackOff } from '../back-off.ts'
import type { Clock } from '../clock.ts'
import { isLasting, MediaError } from '../errors.ts'
import type { SourceDescription } from '../source.ts'
import { receiveStream, type StreamOptions } from './receive-stream.ts'
import { descriptionOf } from './same-media.ts'

/** What a camera is found to be. */
export interface OpenedCamera {
  readonly description: SourceDescription
  readonly warnings: readonly string[]
  /** Codec of sound that is not recorded. */
  readonly unusedSound: string | undefined
  /** It is away: this is how it was the last time. */
  readonly isRecalled: boolean
}

/** How a camera is opened. */
export interface OpenCameraOptions {
  readonly stream: StreamOptions
  readonly name: string
  /** What it was the last time. */
  readonly recalled: SourceDescription | undefined
  /** As long as this has not aborted, a camera that is away is waited for. Without it that is an error. */
  readonly keepTrying: AbortSignal | undefined
  readonly clock: Clock
  readonly note: (sentence: string) => void
}

/** A camera has so long to show its first key frame. */
const OPEN_MS = 15_000
/** The same when it is known from the last time: nobody has to wait for it. */
const RECALLED_OPEN_MS = 4000

/**
 * Looks what a camera sends. One that is away is taken for what it was, or waited for.
 * @throws MediaError that says why it is of no use; the reason of `keepTrying` when that aborts.
 */
export async function openCamera(options: OpenCameraOptions): Promise<OpenedCamera> {
  const { recalled, keepTrying, clock, note } = options
  const backOff = new BackOff()
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await look(options)
    } catch (error) {
      keepTrying?.throwIfAborted()
      const why = error instanceof Error ? error.message : String(error)
      if (recalled !== undefined) {
        const warning = `${why}. It is taken for what it was the last time, and tried again until it is there.`
        return {
          description: recalled,
          warnings: [warning],
          unusedSound: undefined,
          isRecalled: true,
        }
      }
      if (isLasting(error) || keepTrying === undefined) throw error
      if (isFirst) note(`${why}. It is tried again until it is there.`)
      await clock.sleepUntil(clock.now() + backOff.next(error), keepTrying)
      keepTrying.throwIfAborted()
    }
  }
}

async function look({
  stream,
  name,
  recalled,
  keepTrying,
}: OpenCameraOptions): Promise<OpenedCamera> {
  const warnings: string[] = []
  let description: SourceDescription | undefined
  let unusedSound: string | undefined
  const done = new AbortController()
  const end = () => done.abort()
  const timer = setTimeout(end, recalled === undefined ? OPEN_MS : RECALLED_OPEN_MS)
  keepTrying?.addEventListener('abort', end)
  try {
    await receiveStream(stream, done.signal, {
      event: event => {
        if (event.type !== 'described') return
        description = descriptionOf(name, event)
        end()
      },
      unused: codec => {
        unusedSound = codec
      },
      began: () => undefined,
      silent: () => undefined,
    })
  } finally {
    clearTimeout(timer)
    keepTrying?.removeEventListener('abort', end)
  }
  keepTrying?.throwIfAborted()
  if (description === undefined)
    throw new MediaError('MEDIA_RTSP_TIMEOUT', { source: name, detail: 'it shows no key frame' })
  if (description.audio !== undefined) unusedSound = undefined
  if (unusedSound !== undefined) {
    warnings.push(
      `The sound of the camera (${unusedSound}) is not AAC and is recorded as silence; choose AAC in its settings.`,
    )
  }
  return { description, warnings, unusedSound, isRecalled: false }
}
