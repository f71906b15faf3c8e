import { BackOff } from '../back-off.ts'
import { type Clock, systemClock } from '../clock.ts'
import { MediaError } from '../errors.ts'
import { HttpCamera } from '../http/http-camera.ts'
import type { MediaSource, PictureSize } from '../source.ts'
import { isWholeJpeg, jpegSize } from './jpeg-size.ts'
import { noPicture } from './no-picture.ts'
import { takePicture } from './run-ffmpeg.ts'

/** Leaves the source time for one before whoever asked gives up, which is after 5 s. */
const DEADLINE_MS = 3000
const MAX_LENGTH = 4 * 1024 * 1024
/** A second connection to a camera costs more than a picture of so long ago. */
const FRESH_MS = 1000
/** Beyond this it shows another day's garden. */
const KEPT_MS = 60_000
/** What is larger by this is made smaller. */
const MUCH_LARGER = 1.5

/** Where a picture came from: the address, just now or of late; the source; or nowhere. */
export type SnapshotOrigin = 'camera' | 'kept' | 'source' | 'placeholder'

/** How {@link snapshotsFrom} takes pictures. */
export interface SnapshotOptions {
  /** Name or path of the program that makes them smaller; `ffmpeg` unless given. */
  readonly ffmpeg?: string
  /** Told of each picture. */
  readonly served?: (origin: SnapshotOrigin) => void
  /** Told when the address fails in another way than before, in one sentence. */
  readonly note?: (text: string) => void
  /** The time of the process unless told. */
  readonly clock?: Clock
}

/**
 * Takes the pictures of a source from the camera's own address for them. When that fails, from the source,
 * then the last one of up to a minute ago, then a still that says that there is none. Never two
 * requests at once; a camera that refuses is asked ever later.
 * @param address - `http(s)://[USER:PASSWORD@]HOST[:PORT]/PATH` of a JPEG; Basic and Digest. `#insecure` at
 * its end accepts any certificate.
 * @returns What gives a source these pictures. Closing what it returns closes the source.
 * @throws MediaError MEDIA_HTTP_ADDRESS, without the address, which may have a password in it.
 * @example
 * ```ts
 * const withPictures = snapshotsFrom('http://user:password@10.0.0.7/cgi-bin/snapshot.cgi')
 * await using camera = withPictures(await openSource('rtsp://10.0.0.7/stream1'))
 * ```
 */
export function snapshotsFrom(
  address: string,
  options: SnapshotOptions = {},
): (source: MediaSource) => MediaSource {
  const camera = new HttpCamera(address)
  return source => withPictures(source, new CameraPictures(camera, options))
}

function withPictures(source: MediaSource, pictures: CameraPictures): MediaSource {
  const snapshot: MediaSource['snapshot'] = (size, signal) => pictures.take(source, size, signal)
  const forgetPictures = () => {
    pictures.forget()
    source.forgetPictures?.()
  }
  const close = async () => {
    pictures.close()
    await source[Symbol.asyncDispose]()
  }
  // Which optional members there are says something, so there must be the same ones.
  return new Proxy(source, {
    get(target, key) {
      if (key === 'snapshot') return snapshot
      if (key === 'forgetPictures') return forgetPictures
      if (key === Symbol.asyncDispose) return close
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

interface Picture {
  readonly jpeg: Uint8Array
  readonly takenAt: number
}

class CameraPictures {
  readonly #camera: HttpCamera
  readonly #options: SnapshotOptions
  readonly #clock: Clock
  readonly #backOff = new BackOff()
  readonly #closed = new AbortController()
  #running: Promise<Picture | undefined> | undefined
  #last: Picture | undefined
  /** Counts how often all was forgotten. */
  #view = 0
  #notBefore = Number.NEGATIVE_INFINITY
  #told = ''

  constructor(camera: HttpCamera, options: SnapshotOptions) {
    this.#camera = camera
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  close(): void {
    this.#closed.abort()
  }

  /** Also the one that is under way is none that may be shown later. */
  forget(): void {
    this.#last = undefined
    this.#view++
  }

  async take(source: MediaSource, size: PictureSize, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted()
    const fresh = this.#ofUpTo(FRESH_MS) ?? (await unlessAborted(this.#fetch(), signal))
    if (fresh) return await this.#serve('camera', fresh, size, signal)
    const nothing = noPicture(size)
    const shown = await source.snapshot(size, signal).catch(() => undefined)
    signal.throwIfAborted()
    if (shown !== undefined && !Buffer.from(shown).equals(nothing)) {
      this.#options.served?.('source')
      return shown
    }
    const kept = this.#ofUpTo(KEPT_MS)
    if (kept) return await this.#serve('kept', kept, size, signal)
    this.#options.served?.('placeholder')
    return nothing
  }

  #ofUpTo(ageMs: number): Picture | undefined {
    return this.#last && this.#clock.now() - this.#last.takenAt <= ageMs ? this.#last : undefined
  }

  /** One request for all who ask at the same time. */
  #fetch(): Promise<Picture | undefined> {
    if (this.#clock.now() < this.#notBefore) return Promise.resolve(undefined)
    this.#running ??= this.#ask().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #ask(): Promise<Picture | undefined> {
    const view = this.#view
    const question = { method: 'GET', deadlineMs: DEADLINE_MS, maxLength: MAX_LENGTH } as const
    try {
      const { status, body } = await this.#camera.ask(question, this.#closed.signal)
      if (status !== 200 || !isWholeJpeg(body)) throw this.#noPicture(status)
      const picture = { jpeg: body, takenAt: this.#clock.now() }
      this.#backOff.reset()
      this.#told = ''
      if (view === this.#view) this.#last = picture
      return picture
    } catch (error) {
      if (this.#closed.signal.aborted) return undefined
      this.#notBefore = this.#clock.now() + this.#backOff.next(error)
      const text = error instanceof Error ? error.message : String(error)
      if (text !== this.#told) this.#options.note?.(text)
      this.#told = text
      return undefined
    }
  }

  #noPicture(status: number): MediaError {
    const detail = status === 200 ? 'not a whole JPEG' : `status ${status}`
    return new MediaError('MEDIA_SNAPSHOT', { source: this.#camera.name, detail })
  }

  /** As it is when there is no ffmpeg. */
  async #serve(
    origin: SnapshotOrigin,
    { jpeg }: Picture,
    size: PictureSize,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    this.#options.served?.(origin)
    const { width = 0, height = 0 } = jpegSize(jpeg) ?? {}
    const isLarge = width > size.width * MUCH_LARGER || height > size.height * MUCH_LARGER
    const input = ['-f', 'mjpeg', '-i', 'pipe:0']
    const { ffmpeg = 'ffmpeg' } = this.#options
    const small = isLarge ? await takePicture(ffmpeg, size, input, signal, jpeg) : undefined
    return small ?? Uint8Array.from(jpeg)
  }
}

/** @throws The reason of the signal when it aborts before. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
