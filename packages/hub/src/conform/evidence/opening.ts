import type { Experiment } from '../lab.ts'
import type { RawSession } from '../wire/raw-session.ts'
import type { RawStream, StreamMessage } from '../wire/raw-stream.ts'
import { motionSeen } from './motion.ts'
import { openStream, recordingFields } from './streams.ts'

/** The id of the stream of the recording. */
export const STREAM_ID = 7
const REQUEST_ID = 5000

/** A recording that was asked for, and what the camera said to it. */
export interface OpeningEvidence {
  readonly session: RawSession
  readonly stream: RawStream
  readonly answer: StreamMessage
  /** When each step was done, on the clock of `performance.now()`. */
  readonly moments: {
    readonly trigger: number
    readonly motion: number
    readonly setup: number
    readonly hello: number
    readonly open: number
    readonly opened: number
  }
}

/** Opens a recording of motion, on the connection that heard of it. */
export const opening: Experiment<OpeningEvidence> = {
  name: 'open a recording',
  rule: 'open-accepted',
  async run(lab) {
    const { session, trigger, at } = await lab.get(motionSeen)
    const setup = performance.now()
    const stream = await openStream(lab, session)
    const open = performance.now()
    const fields = { ...recordingFields, streamId: STREAM_ID }
    stream.write(stream.requestFrame('dataSend', 'open', fields, REQUEST_ID))
    const answer = await stream.response(REQUEST_ID)
    const moments = { trigger, motion: at, setup, hello: open, open, opened: answer.at }
    return { session, stream, answer, moments }
  },
}
