import {
  type DataSendReason,
  dataSendReason,
  type FragmentEvent,
  reasonName,
  statusName,
} from '@hksv/hds'

import type { AccessoryClient } from './accessory-client.ts'
import { DataStreamClient, type DataStreamEvent } from './data-stream.ts'
import { HubError } from './errors.ts'

/** Milliseconds from the decision to record until each step was done. */
export interface RecordingTimes {
  /** The data stream is set up, and connected. */
  setupMs?: number
  /** The camera answered hello. */
  helloMs?: number
  /** The camera accepted the recording. */
  openMs?: number
  /** The initialization is here. */
  initMs?: number
  /** The first fragment is here: the prebuffer. */
  firstFragmentMs?: number
}

/** How a recording ended. */
export interface RecordingEnd {
  readonly by: 'hub' | 'camera' | 'connection'
  /** A `dataSendReason`, `endOfStream`, `connection lost` or the rule that was broken. */
  readonly reason: string
  /** False when it broke off: the last fragments are missing. */
  readonly isComplete: boolean
}

/** Why a camera refuses, for people. */
const REFUSALS: { readonly [reason in DataSendReason]?: string } = {
  [dataSendReason.notAllowed]: 'it is not armed, or switched off (hksv hub arm)',
  [dataSendReason.busy]: 'another hub is recording; try again when it has ended',
  [dataSendReason.cancelled]: 'it takes no recordings now; try again later',
  [dataSendReason.unsupported]: 'it does not know this kind of recording; update it',
  [dataSendReason.unexpectedFailure]: 'its source delivers nothing; look at what it logs',
  [dataSendReason.timeout]: 'its source did not deliver in time; try again',
  [dataSendReason.invalidConfiguration]: 'no recording configuration is selected (hksv hub arm)',
}

/**
 * A recording that a camera sends: iterate over it for the initialization and the fragments, leave
 * the loop to end it, and read {@link end} afterwards.
 *
 * @example
 * const recording = await Recording.open(client)
 * for await (const { dataType, sequence, data } of recording) {
 *   console.log(sequence, dataType, data.length)
 *   if (sequence === 4) break
 * }
 * console.log(recording.end)
 */
export class Recording {
  readonly times: RecordingTimes = {}
  readonly #stream: DataStreamClient
  readonly #startedAt: number
  readonly #signal: AbortSignal | undefined
  #streamId = 0
  #end: RecordingEnd | undefined

  private constructor(
    stream: DataStreamClient,
    startedAt: number,
    signal: AbortSignal | undefined,
  ) {
    this.#stream = stream
    this.#startedAt = startedAt
    this.#signal = signal
  }

  /**
   * Asks the camera to record, now.
   *
   * @param signal Ends the recording when it aborts; the loop throws its reason.
   * @throws HubError `HUB_RECORDING_REFUSED`, `HUB_TIMEOUT`, `HUB_BUSY`, `HUB_REFUSED`,
   * `HUB_NO_CAMERA`, `HUB_UNREACHABLE`, `HUB_PROTOCOL`, `HUB_CONNECTION_LOST`
   */
  static async open(client: AccessoryClient, signal?: AbortSignal): Promise<Recording> {
    const startedAt = performance.now()
    return Recording.#on(await DataStreamClient.open(client, signal), startedAt, signal)
  }

  /**
   * Asks for a recording on a data stream that was opened before, and that nobody has read from.
   *
   * @throws HubError As {@link open}; the data stream is closed then.
   */
  static start(stream: DataStreamClient, signal?: AbortSignal): Promise<Recording> {
    return Recording.#on(stream, performance.now(), signal)
  }

  static async #on(
    stream: DataStreamClient,
    startedAt: number,
    signal: AbortSignal | undefined,
  ): Promise<Recording> {
    const recording = new Recording(stream, startedAt, signal)
    recording.times.setupMs = recording.#elapsed()
    try {
      await recording.#open()
      return recording
    } catch (error) {
      await stream.close()
      throw error
    }
  }

  /** How it ended; `undefined` while it runs. */
  get end(): RecordingEnd | undefined {
    return this.#end
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FragmentEvent, void> {
    try {
      while (this.#end === undefined) {
        const event = await this.#stream.next(this.#signal)
        this.#end = this.#endOf(event)
        if (event.type !== 'fragment') continue
        this.#note(event.dataType)
        yield event
      }
    } finally {
      await this.close(this.#signal?.aborted === true ? 'cancelled' : 'normal')
    }
  }

  /** Ends the recording, if it runs, and the data stream. */
  async close(reason: keyof typeof dataSendReason): Promise<void> {
    if (this.#end === undefined) {
      this.#end = { by: 'hub', reason, isComplete: reason === 'normal' }
      const streamId = this.#streamId
      this.#stream.send({ type: 'close-recording', streamId, reason: dataSendReason[reason] })
    }
    await this.#stream.close()
  }

  async #open(): Promise<void> {
    for (;;) {
      const event = await this.#stream.next(this.#signal)
      switch (event.type) {
        case 'ready':
          this.times.helloMs = this.#elapsed()
          this.#stream.send({ type: 'open-recording' })
          break
        case 'opened':
          this.times.openMs = this.#elapsed()
          this.#streamId = event.streamId
          return
        default:
          throwFailure(event)
      }
    }
  }

  /** @returns How the recording ends with this event, if it does. */
  #endOf(event: DataStreamEvent): RecordingEnd | undefined {
    switch (event.type) {
      case 'ended':
        this.#stream.send({ type: 'acknowledge', streamId: event.streamId })
        return { by: 'camera', reason: 'endOfStream', isComplete: true }
      case 'recording-closed':
        return { by: 'camera', reason: reasonName(event.reason), isComplete: false }
      case 'violation':
        return { by: 'hub', reason: `${event.rule}: ${event.detail}`, isComplete: false }
      case 'failed':
        return { by: 'connection', reason: event.error.message, isComplete: false }
      case 'lost':
        return { by: 'connection', reason: 'connection lost', isComplete: false }
      default:
        return undefined
    }
  }

  #note(dataType: FragmentEvent['dataType']): void {
    if (dataType === 'mediaInitialization') this.times.initMs ??= this.#elapsed()
    else this.times.firstFragmentMs ??= this.#elapsed()
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt
  }
}

/** @throws HubError when a recording cannot begin after this event. */
function throwFailure(event: DataStreamEvent): void {
  switch (event.type) {
    case 'refused':
      throw refusal(event.status, event.reason)
    case 'recording-closed':
      throw refusal(event.reason, event.reason)
    case 'open-timed-out':
      throw new HubError('HUB_TIMEOUT', {
        message: 'The camera did not answer the request to record in 5 s. Try again.',
      })
    case 'failed':
      throw new HubError('HUB_PROTOCOL', {
        message: `The data stream failed: ${event.error.message}. Update the camera, or tell its maker.`,
        cause: event.error,
      })
    case 'lost':
      throw new HubError('HUB_CONNECTION_LOST', {
        message: 'The camera closed the data stream. Check that it still runs, and try again.',
      })
    default:
  }
}

function refusal(status: number, reason: number | undefined): HubError {
  const known = REFUSALS[reason as DataSendReason]
  const name = reason === undefined ? statusName(status) : reasonName(reason)
  return new HubError('HUB_RECORDING_REFUSED', {
    message: `The camera refused to record: ${known ?? name}.`,
    status: reason,
  })
}
