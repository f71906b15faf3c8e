import type { MediaSample } from '@hksv/fmp4'
import {
  type MediaSource,
  openSource,
  type SourceDescription,
  type WantedStream,
} from '@hksv/media'

import { Mailbox } from '../client.ts'

/** A source of video that delivers what a test hands it, when it does. Its times are milliseconds. */
export class HandSource implements MediaSource {
  description: SourceDescription
  readonly warnings: readonly string[] = []
  /** One letter for each time that somebody began to read. */
  readonly starts: Mailbox<true> = new Mailbox()
  /** What each of them wanted. */
  readonly wanted: (WantedStream | undefined)[] = []
  /** What is special about the video of an encoding. */
  describes: ((wanted: WantedStream | undefined) => { readonly width: number }) | undefined
  #deliveries: Mailbox<() => MediaSample | undefined> = new Mailbox()

  private constructor(description: SourceDescription) {
    this.description = description
  }

  /** With the parameter sets of the built-in sample, so that an init segment can be written. */
  static async open(): Promise<HandSource> {
    await using sample = await openSource('sample')
    const { video } = sample.description
    return new HandSource({ name: 'by hand', video: { ...video, timescale: 1000 } })
  }

  async *samples(signal: AbortSignal, wanted?: WantedStream): AsyncGenerator<MediaSample, void> {
    this.wanted.push(wanted)
    const deliveries = new Mailbox<() => MediaSample | undefined>()
    this.#deliveries = deliveries
    const stop = () => deliveries.push(() => undefined)
    signal.addEventListener('abort', stop)
    this.starts.push(true)
    try {
      for (;;) {
        const sample = (await deliveries.next())()
        if (sample === undefined) return
        yield sample
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** A key frame of this size. It completes the fragment that the one before it began. */
  keyFrame(decodeTime: number, byteLength = 1): void {
    this.picture(decodeTime, true, byteLength)
  }

  /** A picture of this size. */
  picture(decodeTime: number, isSync: boolean, byteLength: number): void {
    const data = new Uint8Array(byteLength).fill(decodeTime / 1000)
    this.#deliveries.push(() => ({ track: 'video', decodeTime, isSync, data }))
  }

  /** From now on the video has another size: what went before is over. */
  resize(width: number): void {
    const { video } = this.description
    this.description = { ...this.description, video: { ...video, width } }
    this.end()
  }

  end(): void {
    this.#deliveries.push(() => undefined)
  }

  fail(error: Error): void {
    this.#deliveries.push(() => {
      throw error
    })
  }

  encodingFor(wanted: WantedStream | undefined): string {
    return `${wanted?.video.width}`
  }

  descriptionFor(wanted: WantedStream | undefined): SourceDescription {
    if (this.describes === undefined) return this.description
    return { ...this.description, video: { ...this.description.video, ...this.describes(wanted) } }
  }

  snapshot(): Promise<Uint8Array> {
    return Promise.reject(new Error('no pictures by hand'))
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
