import { type ConformRule, firstFault, NotJudged, unless } from '../rule.ts'
import {
  CHUNK,
  chunkRule,
  fragmentRule,
  isInteger,
  isLast,
  LONGEST_CHUNK,
  place,
  recordingRule,
  SPEC,
} from './recording-rule.ts'

/** What a recording is packed into. */
export const chunkRules: readonly ConformRule[] = [
  recordingRule(
    {
      name: 'packets-are-a-list',
      severity: 'must',
      checks: 'packets is an array of at most 16 dictionaries, with data and metadata',
      matters: 'the hub closes with BadData (7)',
      source: SPEC,
    },
    ({ messages }) =>
      firstFault(messages, ({ header, message, head, at }) => {
        if (header.kind !== 'event' || header.topic !== 'data') return undefined
        const packets = message.get('packets')
        const isEnd = packets === undefined && message.get('endOfStream') === true
        const isWell =
          Array.isArray(packets) &&
          packets.length <= 16 &&
          packets.every(each => each instanceof Map)
        return unless(isEnd || isWell, 'packets is something else', { bytes: head, at })
      }),
  ),
  chunkRule(
    {
      name: 'chunk-has-data',
      severity: 'must',
      checks: 'data is bytes, and at least one',
      matters: 'the hub closes with BadData (7)',
      source: SPEC,
    },
    ({ packet, data }) =>
      packet.get('data') instanceof Uint8Array && data.length > 0 ? undefined : 'no data',
  ),
  chunkRule(
    {
      name: 'chunk-has-metadata',
      severity: 'must',
      checks:
        'metadata has dataType, dataSequenceNumber, dataChunkSequenceNumber and isLastDataChunk',
      matters: 'the hub closes with BadData (7)',
      source: SPEC,
    },
    ({ metadata }) => {
      const wanted = [
        'dataType',
        'dataSequenceNumber',
        'dataChunkSequenceNumber',
        'isLastDataChunk',
      ]
      const missing = wanted.filter(key => !metadata.has(key))
      return missing.length === 0 ? undefined : `no ${missing.join(', ')}`
    },
  ),
  chunkRule(
    {
      name: 'chunk-numbers-are-integers',
      severity: 'must',
      checks: 'dataSequenceNumber and dataChunkSequenceNumber are integers',
      matters: 'the hub closes with BadData (7)',
      source: SPEC,
    },
    ({ metadata }) =>
      isInteger(metadata.get('dataSequenceNumber')) &&
      isInteger(metadata.get('dataChunkSequenceNumber'))
        ? undefined
        : 'they are not',
  ),
  chunkRule(
    {
      name: 'last-chunk-flag-is-boolean',
      severity: 'must',
      checks: 'isLastDataChunk is a boolean, or a number that stands for one',
      matters: 'the hub closes with BadData (7)',
      source: 'Secure Video R2 §4.2; observed: Apple home hub',
    },
    ({ metadata }) =>
      ['boolean', 'number'].includes(typeof metadata.get('isLastDataChunk'))
        ? undefined
        : `it is a ${typeof metadata.get('isLastDataChunk')}`,
  ),
  chunkRule(
    {
      name: 'chunk-of-its-stream',
      severity: 'must',
      checks: 'streamId is the one of the opening',
      matters: 'the hub drops what comes',
      source: SPEC,
    },
    ({ streamId }) => (Number(streamId) === 7 ? undefined : `it is ${String(streamId)}, not 7`),
  ),
  chunkRule(
    {
      name: 'chunk-not-too-long',
      severity: 'must',
      checks: 'no chunk has more than 900 KiB',
      matters: 'the frame does not fit, and the connection is lost',
      source: 'observed: HAP-NodeJS 1.2.0, Apple home hub',
    },
    ({ data }) => (data.length <= LONGEST_CHUNK ? undefined : `${data.length} bytes`),
  ),
  chunkRule(
    {
      name: 'chunk-as-cameras-send',
      severity: 'should',
      checks: 'no chunk has more than 262,144 bytes',
      matters: 'hubs were never seen to take larger ones',
      source: 'Secure Video R2 §6',
    },
    ({ data }) => (data.length <= CHUNK ? undefined : `${data.length} bytes`),
  ),
  recordingRule(
    {
      name: 'init-comes-first',
      severity: 'must',
      checks: 'the first fragment is mediaInitialization',
      matters: 'the hub closes with ProtocolError (8)',
      source: SPEC,
    },
    ({ chunks: [first] }) => {
      if (first === undefined) throw new NotJudged('nothing came')
      return unless(
        first.metadata.get('dataType') === 'mediaInitialization',
        `it is ${place(first)}`,
        { bytes: first.head, at: first.at },
      )
    },
  ),
  recordingRule(
    {
      name: 'init-comes-once',
      severity: 'must',
      checks: 'everything after the first fragment is mediaFragment',
      matters: 'the hub closes with ProtocolError (8)',
      source: SPEC,
    },
    ({ chunks }) => {
      const first = chunks[0]?.metadata.get('dataSequenceNumber')
      return firstFault(chunks, chunk => {
        const isLater = chunk.metadata.get('dataSequenceNumber') !== first
        return unless(
          !isLater || chunk.metadata.get('dataType') === 'mediaFragment',
          place(chunk),
          { bytes: chunk.head, at: chunk.at },
        )
      })
    },
  ),
  recordingRule(
    {
      name: 'sequence-begins-with-1',
      severity: 'must',
      checks: 'dataSequenceNumber of the initialization is 1',
      matters: 'the hub closes with ProtocolError (8)',
      source: SPEC,
    },
    ({ chunks: [first] }) => {
      if (first === undefined) throw new NotJudged('nothing came')
      return unless(Number(first.metadata.get('dataSequenceNumber')) === 1, place(first), {
        bytes: first.head,
        at: first.at,
      })
    },
  ),
  fragmentRule(
    {
      name: 'sequence-by-one',
      severity: 'must',
      checks: 'dataSequenceNumber goes up by one with each fragment',
      matters: 'fragments are taken for lost, or for one',
      source: SPEC,
    },
    (fragment, all) => {
      const before = all[all.indexOf(fragment) - 1]
      return before === undefined || fragment.sequence === before.sequence + 1
        ? undefined
        : `after ${before.sequence}`
    },
  ),
  fragmentRule(
    {
      name: 'chunks-count-from-1',
      severity: 'must',
      checks: 'dataChunkSequenceNumber of each fragment is 1, 2, 3 …',
      matters: 'the hub closes with BadData (7)',
      source: SPEC,
    },
    ({ chunks }) => {
      const numbers = chunks.map(({ metadata }) => Number(metadata.get('dataChunkSequenceNumber')))
      return numbers.every((number, i) => number === i + 1)
        ? undefined
        : `chunks ${numbers.join(', ')}`
    },
  ),
  fragmentRule(
    {
      name: 'last-chunk-flagged',
      severity: 'must',
      checks: 'the last chunk of each fragment has isLastDataChunk, and only that one',
      matters: 'the hub waits for ever, or takes half a fragment for a whole one',
      source: SPEC,
    },
    ({ chunks }, all) => {
      const flagged = chunks.findIndex(isLast)
      if (flagged === chunks.length - 1) return undefined
      // The recording was ended by us within the last one.
      if (flagged < 0 && all.at(-1)?.chunks === chunks) return undefined
      return flagged < 0 ? 'no chunk has it' : `chunk ${flagged + 1} of ${chunks.length} has it`
    },
  ),
  fragmentRule(
    {
      name: 'total-size-right',
      severity: 'must',
      checks: 'dataTotalSize, where it is given, is the length of the fragment',
      matters: 'hubs that look at it discard the fragment',
      source: 'observed: HAP-NodeJS 1.2.0',
    },
    ({ chunks, data }) => {
      const size = chunks[0]?.metadata.get('dataTotalSize')
      const isWhole = chunks.some(isLast)
      return size === undefined || !isWhole || Number(size) === data.length
        ? undefined
        : `${String(size)} of ${data.length} bytes`
    },
  ),
  fragmentRule(
    {
      name: 'total-size-on-first-chunk',
      severity: 'should',
      checks: 'dataTotalSize stands on the first chunk of a fragment alone',
      matters: 'nothing as yet: no hub expects it elsewhere',
      source: 'observed: HAP-NodeJS 1.2.0',
    },
    ({ chunks }) =>
      chunks.slice(1).every(({ metadata }) => !metadata.has('dataTotalSize'))
        ? undefined
        : 'a later chunk has one',
  ),
  fragmentRule(
    {
      name: 'fragment-not-too-long',
      severity: 'must',
      checks: 'no fragment is more than 50 ms longer than selected',
      matters: 'clips are discarded',
      source: 'Secure Video R2 §3.8; observed: homebridge-eufy; observed: 4004 ms are taken',
    },
    ({ durationMs, isInit }, [init, first]) => {
      if (isInit || init === undefined || first === undefined) return undefined
      return durationMs <= 4050 ? undefined : `${Math.round(durationMs)} ms`
    },
  ),
  fragmentRule(
    {
      name: 'fragment-not-tiny',
      severity: 'should',
      checks: 'no fragment but the last is shorter than 500 ms',
      matters: 'the hub closes with UnexpectedFailure (5)',
      source: 'observed: homebridge-camera-ui: key frames every 0.2 s',
    },
    (fragment, all) =>
      fragment.isInit || fragment === all.at(-1) || fragment.durationMs >= 500
        ? undefined
        : `${Math.round(fragment.durationMs)} ms`,
  ),
]
