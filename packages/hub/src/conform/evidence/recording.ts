import {
  type Finding,
  FragmentInspector,
  type FragmentSummary,
  type InitInspection,
} from '@hksv/fmp4'
import type { OpackDictionary, OpackValue } from '@hksv/hds/opack'

import { type Experiment, type Lab, reasonOf } from '../lab.ts'
import { NotJudged } from '../rule.ts'
import type { RawStream, StreamMessage } from '../wire/raw-stream.ts'
import { armed } from './armed.ts'
import { type OpeningEvidence, opening, STREAM_ID } from './opening.ts'
import { openStatus, openStream, recordingFields } from './streams.ts'

const GIVE_UP_MS = 12_000
const CLOSE_MS = 3000
/** What is late by more than this does not come. */
const LATE_MS = 12_000

/** A chunk, as it came. */
export interface Chunk {
  readonly at: number
  readonly packet: OpackDictionary
  readonly metadata: OpackDictionary
  readonly data: Uint8Array
  readonly streamId: OpackValue | undefined
  readonly endOfStream: OpackValue | undefined
  readonly head: Uint8Array
}

/** Chunks with one number, put together. */
export interface ReceivedFragment {
  readonly sequence: number
  readonly chunks: readonly Chunk[]
  readonly data: Uint8Array
  readonly isInit: boolean
  readonly findings: readonly Finding[]
  readonly summary: FragmentSummary | undefined
  readonly startMs: number
  readonly durationMs: number
}

/** One recording, and all that is to be known of it. */
export interface RecordingEvidence {
  readonly moments: OpeningEvidence['moments'] & { readonly close: number }
  readonly answer: StreamMessage
  readonly messages: readonly StreamMessage[]
  readonly chunks: readonly Chunk[]
  readonly fragments: readonly ReceivedFragment[]
  readonly init: InitInspection | undefined
  /** How the camera ended it, if it did, before we did. */
  readonly endedBy: 'hub' | 'camera' | 'connection'
  /** What came after we closed it, and how much later. */
  readonly afterClose: readonly StreamMessage[]
  readonly secondSame: StreamMessage | undefined
  readonly secondOther: StreamMessage | undefined
}

/** Records what moves, as a home hub does, and tries what a second hub would. */
export const recording: Experiment<RecordingEvidence> = {
  name: 'record',
  rule: 'recording-has-media',
  async run(lab) {
    const { session, stream, moments, answer } = await lab.get(opening)
    try {
      const { status, reason } = openStatus(answer)
      if (status !== 0)
        throw new NotJudged(`the camera refused to record: status ${status}, ${String(reason)}`)
      return await receive(lab, stream, { moments, answer })
    } finally {
      stream.close()
      session.close()
    }
  },
}

type Beginning = Pick<OpeningEvidence, 'moments' | 'answer'>

async function receive(
  lab: Lab,
  stream: RawStream,
  beginning: Beginning,
): Promise<RecordingEvidence> {
  const { selected } = await lab.get(armed)
  const { prebufferLengthMs } = selected.general
  const liveMs = lab.options.liveMs ?? 8000
  const wantedMs = prebufferLengthMs + liveMs
  const { chunks, endedBy, messages } = await collect(lab, stream, {
    wantedMs,
    longestMs: liveMs + LATE_MS,
  })
  const secondSame = await secondOpening(stream)
  const secondOther = await fromAnotherHub(lab)
  const before = stream.messages.seen.length
  const close = performance.now()
  if (endedBy === 'hub') stream.event('close', { streamId: STREAM_ID, reason: 0 })
  await stream.closesWithin(CLOSE_MS)
  const { fragments, init } = inspect(
    chunks,
    selected.general.mediaContainer.parameters.fragmentLengthMs,
  )
  const afterClose = stream.messages.seen.slice(before)
  return {
    ...beginning,
    moments: { ...beginning.moments, close },
    messages,
    chunks,
    fragments,
    init,
    endedBy,
    afterClose,
    secondSame,
    secondOther,
  }
}

/** Until there is enough media, or it ends, or the time of that much media is long over. */
async function collect(
  lab: Lab,
  stream: RawStream,
  { wantedMs, longestMs }: { wantedMs: number; longestMs: number },
): Promise<Pick<RecordingEvidence, 'chunks' | 'messages' | 'endedBy'>> {
  const chunks: Chunk[] = []
  const messages: StreamMessage[] = []
  const startedAt = performance.now()
  let endedBy: RecordingEvidence['endedBy'] = 'hub'
  for (;;) {
    const message = await next(stream)
    if (message === undefined) break
    messages.push(message)
    const { header } = message
    if (header.kind === 'event' && header.topic === 'close') endedBy = 'camera'
    if (endedBy === 'camera') break
    chunks.push(...chunksOf(message))
    if (message.message.get('endOfStream') === true) {
      endedBy = 'camera'
      stream.event('ack', { streamId: STREAM_ID, endOfStream: true })
      break
    }
    const isWhole = chunks.at(-1)?.metadata.get('isLastDataChunk') === true
    if (isWhole && mediaMsOf(chunks) >= wantedMs) break
    if (performance.now() - startedAt > longestMs) break
    if (chunks.length > 2000) break
  }
  if (stream.isClosed) endedBy = 'connection'
  lab.signal.throwIfAborted()
  return { chunks, messages, endedBy }
}

function mediaMsOf(chunks: readonly Chunk[]): number {
  return inspect(chunks, 4000).fragments.reduce((sum, { durationMs }) => sum + durationMs, 0)
}

async function next(stream: RawStream): Promise<StreamMessage | undefined> {
  try {
    return await stream.messages.poll(GIVE_UP_MS)
  } catch (error) {
    if (stream.isClosed) return undefined
    throw error
  }
}

function chunksOf({ at, header, message, head }: StreamMessage): Chunk[] {
  if (header.kind !== 'event' || header.topic !== 'data') return []
  const packets = message.get('packets')
  if (!Array.isArray(packets)) return []
  return packets.flatMap(packet => {
    if (!(packet instanceof Map)) return []
    const data = packet.get('data')
    const metadata = packet.get('metadata')
    return [
      {
        at,
        packet,
        metadata: metadata instanceof Map ? metadata : new Map(),
        data: data instanceof Uint8Array ? data : new Uint8Array(0),
        streamId: message.get('streamId'),
        endOfStream: message.get('endOfStream'),
        head,
      },
    ]
  })
}

/** Puts chunks together by their numbers, and looks into what they make. */
function inspect(
  chunks: readonly Chunk[],
  fragmentLengthMs: number,
): Pick<RecordingEvidence, 'fragments' | 'init'> {
  const parts = new Map<OpackValue | undefined, Chunk[]>()
  for (const chunk of chunks) {
    const sequence = chunk.metadata.get('dataSequenceNumber')
    parts.set(sequence, [...(parts.get(sequence) ?? []), chunk])
  }
  let inspector: FragmentInspector | undefined
  let startMs = 0
  const fragments = [...parts].map(([sequence, each]): ReceivedFragment => {
    const data = Buffer.concat(each.map(chunk => chunk.data))
    const isInit = inspector === undefined
    const common = { sequence: Number(sequence), chunks: each, data, isInit, startMs }
    if (inspector === undefined) {
      inspector = new FragmentInspector(data, { fragmentDurationMs: fragmentLengthMs })
      return { ...common, findings: inspector.init.findings, summary: undefined, durationMs: 0 }
    }
    const { findings, summary } = inspector.inspect(data)
    const track = inspector.init.state.tracks.find(({ kind }) => kind === 'video')
    const durationMs = ((summary.video?.duration ?? 0) / (track?.timescale ?? 1)) * 1000
    startMs += durationMs
    return { ...common, findings, summary, durationMs }
  })
  return { fragments, init: inspector?.init }
}

async function secondOpening(stream: RawStream): Promise<StreamMessage | undefined> {
  if (stream.isClosed) return undefined
  stream.write(
    stream.requestFrame('dataSend', 'open', { ...recordingFields, streamId: STREAM_ID + 1 }, 5001),
  )
  return await stream.response(5001, CLOSE_MS).catch(() => undefined)
}

async function fromAnotherHub(lab: Lab): Promise<StreamMessage | undefined> {
  const session = await lab.connect()
  try {
    const stream = await openStream(lab, session)
    const answer = await stream.request('dataSend', 'open', { ...recordingFields, streamId: 1 })
    if (openStatus(answer).status === 0) stream.event('close', { streamId: 1, reason: 0 })
    return answer
  } catch (error) {
    lab.note(`A second hub could not ask: ${reasonOf(error)}`)
    return undefined
  } finally {
    session.close()
  }
}
