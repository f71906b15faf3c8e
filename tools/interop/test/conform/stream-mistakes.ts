import { boxAt, data, type Mistake, media, opening } from './planted.ts'

/** Mistakes of motion, of the data stream, and of what is recorded. */
export const streamMistakes: readonly Mistake[] = [
  [
    'sequence-begins-with-1',
    'numbers that begin with 0',
    data(metadata => {
      metadata.set('dataSequenceNumber', Number(metadata.get('dataSequenceNumber')) - 1)
    }),
  ],
  [
    'sequence-by-one',
    'numbers that skip',
    data(metadata => {
      const number = Number(metadata.get('dataSequenceNumber'))
      if (number > 2) metadata.set('dataSequenceNumber', number + 1)
    }),
  ],
  [
    'chunks-count-from-1',
    'chunks that count from 0',
    data(metadata => {
      metadata.set('dataChunkSequenceNumber', Number(metadata.get('dataChunkSequenceNumber')) - 1)
    }),
  ],
  [
    'last-chunk-flagged',
    'no last chunk',
    data(metadata => {
      metadata.set('isLastDataChunk', false)
    }),
  ],
  [
    'last-chunk-flag-is-boolean',
    'a number for a flag',
    data(metadata => {
      metadata.set('isLastDataChunk', 'true')
    }),
  ],
  [
    'chunk-has-data',
    'a chunk without bytes',
    data((_metadata, packet) => void packet.delete('data')),
  ],
  [
    'chunk-has-metadata',
    'a chunk without its place',
    data((_metadata, packet) => void packet.delete('metadata')),
  ],
  [
    'chunk-of-its-stream',
    'chunks of another stream',
    data((_metadata, _packet, message) => void message.set('streamId', 99)),
  ],
  [
    'total-size-right',
    'a size that is not that of the fragment',
    data(metadata => {
      if (metadata.has('dataTotalSize')) metadata.set('dataTotalSize', 12)
    }),
  ],
  [
    'init-comes-first',
    'fragments without their initialization',
    data(metadata => metadata.get('dataType') !== 'mediaInitialization'),
  ],
  [
    'hello-answered',
    'no word in answer',
    {
      toHub: payload =>
        payload.header.kind === 'response' && payload.header.topic === 'hello' ? [] : [payload],
    },
  ],
  [
    'open-accepted',
    'always busy',
    {
      toHub: payload =>
        payload.header.kind === 'response' && payload.header.topic === 'open'
          ? [{ header: { ...payload.header, status: 6 }, message: new Map([['status', 3n]]) }]
          : [payload],
    },
  ],
  [
    'recording-has-media',
    'an initialization and nothing else',
    data(metadata => metadata.get('dataType') !== 'mediaFragment'),
  ],
  [
    'close-stops-media',
    'a stream that goes on',
    { toCamera: payload => (payload.header.topic === 'close' ? [] : [payload]) },
  ],
  [
    'stream-ends-with-its-session',
    'a data stream that outlives its session',
    { keepsCamera: true },
  ],
  [
    'hello-answer-empty',
    'an answer with a version',
    {
      toHub: payload =>
        payload.header.kind === 'response' && payload.header.topic === 'hello'
          ? [{ ...payload, message: new Map([['version', '1']]) }]
          : [payload],
    },
  ],
  [
    'open-answer-has-status',
    'an answer that says nothing',
    opening(payload => ({ ...payload, message: new Map() })),
  ],
  [
    'fmp4-sequence-number',
    'fragments that all have one number',
    media(bytes => {
      const at = boxAt(bytes, 'mfhd')
      if (at > 0) bytes.writeUInt32BE(1, at + 12)
    }),
  ],
  [
    'fmp4-decode-time',
    'every fragment begins at 0',
    media(bytes => {
      const at = boxAt(bytes, 'tfdt')
      if (at > 0) bytes.fill(0, at + 12, at + 20)
    }),
  ],
  [
    'fmp4-avcc-unreadable',
    'no parameter sets',
    media(bytes => {
      const at = boxAt(bytes, 'avcC')
      if (at > 0) bytes.fill(0xff, at + 8, at + 20)
    }),
  ],
  [
    'fmp4-mvex-missing',
    'an initialization of a whole movie',
    media(bytes => {
      const at = boxAt(bytes, 'mvex')
      if (at > 0) bytes.write('free', at + 4)
    }),
  ],
  [
    'fmp4-nal-length',
    'start codes for lengths',
    media((bytes, sequence) => {
      const at = boxAt(bytes, 'mdat')
      if (sequence > 1) bytes.writeUInt32BE(1, at + 8)
    }),
  ],
  ['motion-is-reported', 'events that never leave', { event: () => undefined }],
]
