import { performance } from 'node:perf_hooks'

import { dataSendReason, type FragmentEvent, reasonName, statusName } from '@hksv/hds'

import type { AccessoryClient } from './accessory-client.ts'
import { DataStreamClient } from './data-stream.ts'
import { HubError } from './errors.ts'

/** Milliseconds from the decision to record until each step was done. */
export interface RecordingTimes {
  /** The data stream is set up, and connected. */
  setupMs?: number
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
const REFUSALS: Readonly<Record<string, string>> = {
  notAllowed: 'it is not armed, or switched off (hksv hub arm)',
  busy: 'another hub is recording',
  invalidConfiguration: 'no recording configuration is selected (hksv hub arm)',
  unexpectedFailure: 'its source delivers nothing',
}

/**
 * A recording that a camera sends: iterate over it for the initialization and the fragments, leave
 * the loop to end it, and read {@link end} afterwards.
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
   * @throws HubError `HUB_RECORDING_REFUSED`, `HUB_TIMEOUT`, and those of the data stream
   */
  static async open(client: AccessoryClient, signal?: AbortSignal): Promise<Recording> {
    const startedAt = performance.now()
    const stream = await DataStreamClient.open(client, signal)
    const recording = new Recording(stream, startedAt, signal)
    recording.times.setupMs = recording.#elapsed()
    try {
      await recording.#open()
      return recording
    } catch (error) {
      stream.close()
      throw error
    }
  }

  /** How it ended; `undefined` while it runs. */
  get end(): RecordingEnd | undefined {
    return this.#end
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FragmentEvent, void> {
    try {
      for (;;) {
        const event = await this.#stream.next(this.#signal)
        if (event.type === 'fragment') {
          this.#note(event.dataType)
          yield event
        } else if (this.#isEnd(event)) return
      }
    } finally {
      this.close('normal')
    }
  }

  /** Ends the recording, if it runs, and the data stream. */
  close(reason: keyof typeof dataSendReason): void {
    if (this.#end === undefined) {
      this.#end = { by: 'hub', reason, isComplete: true }
      const streamId = this.#streamId
      this.#stream.send({ type: 'close-recording', streamId, reason: dataSendReason[reason] })
    }
    this.#stream.close()
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
        case 'refused':
          throw refusal(event.status, event.reason)
        case 'open-timed-out':
          throw new HubError('HUB_TIMEOUT', {
            message: 'The camera did not answer the request to record in 5 s.',
          })
        case 'failed':
          throw new HubError('HUB_PROTOCOL', {
            message: `The data stream failed: ${event.error.message}.`,
            cause: event.error,
          })
        case 'lost':
          throw new HubError('HUB_CONNECTION_LOST', {
            message: 'The camera closed the data stream.',
          })
        default:
      }
    }
  }

  #isEnd(event: Awaited<ReturnType<DataStreamClient['next']>>): boolean {
    switch (event.type) {
      case 'ended':
        this.#stream.send({ type: 'acknowledge', streamId: event.streamId })
        this.#end = { by: 'camera', reason: 'endOfStream', isComplete: true }
        return true
      case 'recording-closed':
        this.#end = { by: 'camera', reason: reasonName(event.reason), isComplete: false }
        return true
      case 'violation':
        this.#end = { by: 'hub', reason: `${event.rule}: ${event.detail}`, isComplete: false }
        return true
      case 'failed':
        this.#end = { by: 'connection', reason: event.error.message, isComplete: false }
        return true
      case 'lost':
        this.#end = { by: 'connection', reason: 'connection lost', isComplete: false }
        return true
      default:
        return false
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

function refusal(status: number, reason: number | undefined): HubError {
  const name = reason === undefined ? statusName(status) : reasonName(reason)
  return new HubError('HUB_RECORDING_REFUSED', {
    message: `The camera refused to record: ${REFUSALS[name] ?? name}.`,
  })
}
