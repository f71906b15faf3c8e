import { dataSendReason, reasonName } from '@hksv/hds'

import type { Log } from '../log.ts'
import type { EventKeeper } from '../records/event-keeper.ts'
import type { HdsConnection, HdsEvent } from './hds-connection.ts'
import {
  type RecordingOptions,
  type RecordingReport,
  RecordingSession,
} from './recording-session.ts'

/** What a hub is allowed to record, or the reason why not. */
export type RecordingPermit =
  | Pick<RecordingOptions, 'recorder' | 'prebufferMs' | 'withAudio' | 'motionEndedAt'>
  | 'notAllowed'
  | 'invalidConfiguration'

/** Grants one recording at a time, whichever hub asks, and keeps account of it. */
export class RecordingManager {
  readonly #options: {
    readonly permit: () => RecordingPermit
    readonly maxDurationMs: number
    readonly now: () => number
    readonly log: Log
    readonly keeper: EventKeeper
    readonly opened: (controllerId: string) => void
    readonly closed: (report: RecordingReport) => void
  }
  #current: RecordingSession | undefined

  constructor(options: {
    /** Asked at each open. */
    permit: () => RecordingPermit
    maxDurationMs: number
    now: () => number
    log: Log
    keeper: EventKeeper
    opened: (controllerId: string) => void
    closed: (report: RecordingReport) => void
  }) {
    this.#options = options
  }

  /** Whether a recording is running. */
  get isRecording(): boolean {
    return this.#current?.isRunning ?? false
  }

  /** Ends what is running: the camera was switched off. */
  close(reason: keyof typeof dataSendReason): void {
    this.#current?.close(reason)
  }

  /** Takes what the data stream of a hub reports. */
  handle(connection: HdsConnection, event: HdsEvent): void {
    switch (event.type) {
      case 'recording-requested':
        this.#open(connection, event.streamId)
        break
      case 'recording-closed':
        this.#find(connection, event.streamId)?.ended(reasonName(event.reason), 'hub')
        break
      case 'acknowledged':
        this.#find(connection, event.streamId)?.ended('acknowledged', 'hub')
        break
      case 'recording-expired':
        this.#find(connection, event.streamId)?.ended('expired', 'camera')
        break
      case 'ready':
        this.#options.keeper.hello(connection.setUp)
        break
      case 'notice':
      case 'failed':
        break
    }
  }

  #find(connection: HdsConnection, streamId: number): RecordingSession | undefined {
    return this.#current?.isOn(connection, streamId) ? this.#current : undefined
  }

  #open(connection: HdsConnection, streamId: number): void {
    const { permit, maxDurationMs, now, log, keeper, opened, closed } = this.#options
    const permitted = permit()
    const granted = permitted !== 'notAllowed' && this.isRecording ? 'busy' : permitted
    if (typeof granted === 'string') {
      connection.send({ type: 'refuse-recording', streamId, reason: dataSendReason[granted] })
      const { controllerId } = connection.requester
      keeper.refused({ controllerId, address: connection.remoteAddress }, granted)
      log.warn(`A hub asked for a recording and was refused: ${granted}.`)
      return
    }
    connection.send({ type: 'accept-recording', streamId })
    const options = { ...granted, connection, streamId, maxDurationMs, now, log, keeper }
    const session = new RecordingSession(options)
    this.#current = session
    const run = session.run()
    // The hub waits for the first bytes; whoever else wants to know does not.
    queueMicrotask(() => opened(connection.requester.controllerId))
    run
      .then(closed)
      .catch((error: unknown) => log.error({ err: error }, 'A recording was not accounted for.'))
  }
}
