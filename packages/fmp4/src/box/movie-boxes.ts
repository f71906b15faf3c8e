import { field, fixed, type Layout, reserved } from './layout.ts'

const unityMatrix = new Uint8Array(36)
for (const [at, byte] of [
  [1, 0x01],
  [17, 0x01],
  [32, 0x40],
] as const)
  unityMatrix[at] = byte

const container = (type: string): Layout => ({ type, fields: [], isContainer: true })
const v0 = { version: 0, flags: 0 } as const
/** A table of samples: empty in an init segment. Its entries are a tail. */
const table = (type: string): Layout => ({
  type,
  full: v0,
  fields: [field('entryCount', 'u32', 0)],
})

/** Types of the boxes in {@link movieBoxes}. */
export type MovieBoxName =
  | 'ftyp'
  | 'moov'
  | 'mvhd'
  | 'trak'
  | 'tkhd'
  | 'edts'
  | 'elst'
  | 'mdia'
  | 'mdhd'
  | 'hdlr'
  | 'minf'
  | 'vmhd'
  | 'smhd'
  | 'dinf'
  | 'dref'
  | 'url '
  | 'stbl'
  | 'stsd'
  | 'stts'
  | 'ctts'
  | 'stss'
  | 'stsc'
  | 'stsz'
  | 'stco'
  | 'co64'

/**
 * The boxes of a movie's head. Field names are those of the specification, in camel case.
 * @see ISO/IEC 14496-12 §4.3, §8.2 to §8.8
 */
export const movieBoxes: Readonly<Record<MovieBoxName, Layout>> = {
  // then the compatible brands, four characters each
  ftyp: { type: 'ftyp', fields: [field('majorBrand', 'fourcc'), field('minorVersion', 'u32')] },
  moov: container('moov'),
  mvhd: {
    type: 'mvhd',
    full: v0,
    fields: [
      field('creationTime', 'time', 0),
      field('modificationTime', 'time', 0),
      field('timescale', 'u32'),
      field('duration', 'time', 0),
      field('rate', 'u32', 0x00010000),
      field('volume', 'u16', 0x0100),
      reserved(10),
      field('matrix', 'bytes', unityMatrix),
      fixed('predefined', 'bytes', new Uint8Array(24)),
      field('nextTrackId', 'u32'),
    ],
  },
  trak: container('trak'),
  tkhd: {
    type: 'tkhd',
    full: { version: 0, flags: 0x000007 }, // enabled, in movie, in preview
    fields: [
      field('creationTime', 'time', 0),
      field('modificationTime', 'time', 0),
      field('trackId', 'u32'),
      reserved(4),
      field('duration', 'time', 0),
      reserved(8),
      field('layer', 'i16', 0),
      field('alternateGroup', 'i16', 0),
      field('volume', 'u16', 0),
      reserved(2),
      field('matrix', 'bytes', unityMatrix),
      field('width', 'u32', 0), // 16.16, like height
      field('height', 'u32', 0),
    ],
  },
  edts: container('edts'),
  elst: table('elst'),
  mdia: container('mdia'),
  mdhd: {
    type: 'mdhd',
    full: v0,
    fields: [
      field('creationTime', 'time', 0),
      field('modificationTime', 'time', 0),
      field('timescale', 'u32'),
      field('duration', 'time', 0),
      field('language', 'u16', 0x55c4), // "und"
      fixed('predefined', 'u16', 0),
    ],
  },
  // then the name, UTF-8, ended by a zero byte
  hdlr: {
    type: 'hdlr',
    full: v0,
    fields: [fixed('predefined', 'u32', 0), field('handlerType', 'fourcc'), reserved(12)],
  },
  minf: container('minf'),
  vmhd: { type: 'vmhd', full: { version: 0, flags: 1 }, fields: [reserved(8)] },
  smhd: { type: 'smhd', full: v0, fields: [field('balance', 'i16', 0), reserved(2)] },
  dinf: container('dinf'),
  dref: { type: 'dref', full: v0, fields: [field('entryCount', 'u32', 1)], isContainer: true },
  'url ': { type: 'url ', full: { version: 0, flags: 1 }, fields: [] }, // in this file
  stbl: container('stbl'),
  stsd: { type: 'stsd', full: v0, fields: [field('entryCount', 'u32', 1)], isContainer: true },
  stts: table('stts'),
  ctts: table('ctts'),
  stss: table('stss'),
  stsc: table('stsc'),
  stsz: {
    type: 'stsz',
    full: v0,
    fields: [field('sampleSize', 'u32', 0), field('sampleCount', 'u32', 0)],
  },
  stco: table('stco'),
  co64: table('co64'),
}
