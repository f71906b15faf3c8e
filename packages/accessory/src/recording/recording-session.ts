import { type Fragment, ntpTimestamp, renderFragment } from '@hksv/fmp4'
import { dataSendReason } from '@hksv/hds'
import type { SourceDescription } from '@hksv/media'

import { isAccessoryError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { EventKeeper, RecordingAccount } from '../records/event-keeper.ts'
import type { HdsConnection } from './hds-connection.ts'
import type { Recorder } from './recorder.ts'

/** A hub gives up 8 s after the last data, and some do after 5 s without a first fragment. */
const FIRST_FRAGMENT_MS = 5000
const SOURCE_STALL_MS = 7000
/** Without motion a hub ends its recording itself, sooner than this. */
const AFTER_MOTION_MS = 30_000

/** How one recording went. */
export interface RecordingReport {
  /** Pairing id of the hub. */
  readonly controllerId: string
  /** Name of a `dataSendReason`, `acknowledged`, `expired`, or why the connection was lost. */
  readonly reason: string
  readonly endedBy: 'hub' | 'camera' | 'connection'
  /** Media fragments sent, the initialization not counted. */
  readonly fragments: number
  /** Bytes sent, the initialization included. */
  readonly bytes: number
  readonly durationMs: number
}

/** What a recording is made with. Fixed when it is opened: the init segment cannot change later. */
export interface RecordingOptions {
  readonly connection: HdsConnection
  readonly streamId: number
  readonly recorder: Recorder
  readonly prebufferMs: number
  readonly withAudio: boolean
  /** The camera ends the recording itself after this long. */
  readonly maxDurationMs: number
  /** When motion stopped, on the clock of `now`; `undefined` while something moves. */
  readonly motionEndedAt: () => number | undefined
  readonly now: () => number
  readonly log: Log
  readonly keeper: EventKeeper
}

/**
 * One recording, from the hub's open to whoever ends it: first the init segment and the prebuffer,
 * then each fragment as it is complete.
 *
 * It goes on until the hub closes it. Only when no hub does, long after motion or at the ceiling, the
 * last fragment is marked as the last.
 */
export class RecordingSession {
  readonly #options: RecordingOptions
  readonly #stop = new AbortController()
  readonly #startedAt: number
  #ended: Pick<RecordingReport, 'reason' | 'endedBy'> | undefined
  #fragments = 0
  #bytes = 0
  #origin: number | undefined
  #account: RecordingAccount | undefined
  /** When time 0 of the source was, in milliseconds since 1970. */
  #epoch: number | undefined

  constructor(options: RecordingOptions) {
    this.#options = options
    this.#startedAt = options.now()
  }

  /** False from the moment it has an end, even while the last bytes leave. */
  get isRunning(): boolean {
    return this.#ended === undefined
  }

  /** Whose stream it is: numbers come again on other connections. */
  isOn(connection: HdsConnection, streamId: number): boolean {
    return this.#options.connection === connection && this.#options.streamId === streamId
  }

  /** Sends until the recording is over. */
  async run(): Promise<RecordingReport> {
    const { connection } = this.#options
    const lost = () => this.#lost()
    connection.signal.addEventListener('abort', lost, { once: true })
    try {
      await this.#send()
    } catch (error) {
      this.#options.log.error({ err: error }, 'The recording broke off.')
      const isHubs = isAccessoryError(error) && error.code === 'READER_TOO_SLOW'
      this.close(isHubs ? 'timeout' : 'unexpectedFailure')
    } finally {
      connection.signal.removeEventListener('abort', lost)
    }
    const { reason, endedBy } = this.#ended ?? { reason: 'unexpectedFailure', endedBy: 'camera' }
    this.#account?.ended(endedBy, reason)
    return {
      controllerId: connection.requester.controllerId,
      reason,
      endedBy,
      fragments: this.#fragments,
      bytes: this.#bytes,
      durationMs: this.#options.now() - this.#startedAt,
    }
  }

  /** The other side ended it, or there is no other side any more. */
  ended(reason: string, endedBy: RecordingReport['endedBy']): void {
    this.#ended ??= { reason, endedBy }
    this.#stop.abort()
  }

  /** A hub that takes nothing was given up by us; the rest befell both. */
  #lost(): void {
    const { loss = 'connection lost' } = this.#options.connection
    this.ended(loss, loss === 'stalled' || loss === 'camera stopped' ? 'camera' : 'connection')
  }

  /** Ends it from our side, and says why. */
  close(reason: keyof typeof dataSendReason): void {
    if (this.#ended !== undefined) return
    const { connection, streamId } = this.#options
    this.ended(reason, 'camera')
    connection.send({ type: 'close-recording', streamId, reason: dataSendReason[reason] })
  }

  async #send(): Promise<void> {
    const { recorder, withAudio, prebufferMs, connection } = this.#options
    const { signal } = this.#stop
    const { init, fragments, description } = recorder.record({ prebufferMs, withAudio, signal })
    const account = this.#open(description)
    await this.#sendParts('mediaInitialization', [init], false)
    account.initSent(init.length)
    const stalled = () => this.close('unexpectedFailure')
    let stall = setTimeout(stalled, FIRST_FRAGMENT_MS)
    try {
      for await (const { fragment, endedAt } of fragments) {
        clearTimeout(stall)
        const isLast = this.#isOver()
        const parts = this.#render(fragment, endedAt, description)
        const { bytes, queuedBytes } = await this.#sendParts('mediaFragment', parts, isLast)
        // What was dropped on the way is not sent.
        if (signal.aborted) break
        this.#fragments++
        account.fragmentSent(bytes, {
          queuedBytes,
          durationMs: fragment.durationMs,
          prebufferMs: endedAt <= this.#startedAt ? fragment.durationMs : 0,
          hasBFrames: fragment.video.compositionOffsets !== undefined,
        })
        if (isLast) break
        stall = setTimeout(stalled, SOURCE_STALL_MS)
      }
    } finally {
      clearTimeout(stall)
    }
    // The machine reports what the hub says of the last fragment, or that it says nothing.
    if (!signal.aborted && !connection.signal.aborted) {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
    }
  }

  /** Begins the account of it. */
  #open({ video, audio }: SourceDescription): RecordingAccount {
    const { connection, keeper, withAudio } = this.#options
    const { controllerId } = connection.requester
    const { codec, width, height, maxKeyFrameIntervalMs } = video
    const account = keeper.granted(
      { controllerId, address: connection.remoteAddress },
      {
        video: { codec, width, height, maxKeyFrameIntervalMs, hasBFrames: false },
        hasAudio: withAudio && audio !== undefined,
      },
    )
    this.#account = account
    return account
  }

  #render(fragment: Fragment, endedAt: number, { video }: SourceDescription): Uint8Array[] {
    const { withAudio, now } = this.#options
    this.#origin ??= fragment.video.decodeTime
    this.#epoch ??= Date.now() - (now() - endedAt) - fragment.durationMs - fragment.startMs
    return renderFragment(fragment, {
      sequenceNumber: this.#fragments + 1,
      origin: { videoTime: this.#origin },
      withAudio,
      // Hubs that take H.265 ask for it; the others never saw one.
      ...(video.codec === 'h265' && {
        producerReferenceTime: { ntpTimestamp: ntpTimestamp(this.#epoch + fragment.startMs) },
      }),
    })
  }

  async #sendParts(
    dataType: 'mediaInitialization' | 'mediaFragment',
    parts: readonly Uint8Array[],
    endOfStream: boolean,
  ): Promise<{ bytes: number; queuedBytes: number }> {
    const { connection, streamId } = this.#options
    const { signal } = this.#stop
    if (signal.aborted) return { bytes: 0, queuedBytes: 0 }
    connection.send({ type: 'send-fragment', streamId, dataType, parts, endOfStream })
    const { queuedBytes } = connection
    await connection.drained()
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    if (!signal.aborted) this.#bytes += bytes
    return { bytes, queuedBytes }
  }

  #isOver(): boolean {
    const { now, maxDurationMs, motionEndedAt } = this.#options
    const motionEnd = motionEndedAt()
    const isAtCeiling = now() - this.#startedAt >= maxDurationMs
    return isAtCeiling || (motionEnd !== undefined && now() - motionEnd >= AFTER_MOTION_MS)
  }
}
