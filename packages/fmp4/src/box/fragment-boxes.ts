import { field, type Layout, optional, reserved } from './layout.ts'

const v0 = { version: 0, flags: 0 } as const

/** Bits of the flags of a `tfhd` and a `trun`. @see ISO/IEC 14496-12 §8.8.7, §8.8.8 */
export const tfhdFlags = {
  defaultSampleDuration: 0x000008,
  defaultSampleSize: 0x000010,
  defaultSampleFlags: 0x000020,
  durationIsEmpty: 0x010000,
  defaultBaseIsMoof: 0x020000,
  baseDataOffset: 0x000001,
  sampleDescriptionIndex: 0x000002,
} as const

/** @see ISO/IEC 14496-12 §8.8.8 */
export const trunFlags = {
  dataOffset: 0x000001,
  firstSampleFlags: 0x000004,
  sampleDuration: 0x000100,
  sampleSize: 0x000200,
  sampleFlags: 0x000400,
  sampleCompositionTimeOffset: 0x000800,
} as const

/** Sample flags as we write them. @see ISO/IEC 14496-12 §8.8.3.1 */
export const sampleFlags = {
  /** Depends on no other sample: a key frame, or any audio frame. */
  sync: 0x02000000,
  /** Depends on others, and is no sync sample. */
  dependent: 0x01010000,
  /** The bit that says "no sync sample". */
  nonSyncBit: 0x00010000,
} as const

/** Types of the boxes in {@link fragmentBoxes}. */
export type FragmentBoxName =
  | 'mvex'
  | 'mehd'
  | 'trex'
  | 'moof'
  | 'mfhd'
  | 'traf'
  | 'tfhd'
  | 'tfdt'
  | 'trun'
  | 'prft'
  | 'styp'
  | 'sidx'

/**
 * The boxes of movie fragments, and those of a movie's head that announce them.
 * @see ISO/IEC 14496-12 §8.8, §8.16 (styp, sidx, prft)
 */
export const fragmentBoxes: Readonly<Record<FragmentBoxName, Layout>> = {
  mvex: { type: 'mvex', fields: [], isContainer: true },
  mehd: { type: 'mehd', full: v0, fields: [field('fragmentDuration', 'time', 0)] },
  trex: {
    type: 'trex',
    full: v0,
    fields: [
      field('trackId', 'u32'),
      field('defaultSampleDescriptionIndex', 'u32', 1),
      field('defaultSampleDuration', 'u32', 0),
      field('defaultSampleSize', 'u32', 0),
      field('defaultSampleFlags', 'u32', 0),
    ],
  },
  moof: { type: 'moof', fields: [], isContainer: true },
  mfhd: { type: 'mfhd', full: v0, fields: [field('sequenceNumber', 'u32')] },
  traf: { type: 'traf', fields: [], isContainer: true },
  tfhd: {
    type: 'tfhd',
    full: v0,
    fields: [
      field('trackId', 'u32'),
      optional(tfhdFlags.baseDataOffset, 'baseDataOffset', 'u64'),
      optional(tfhdFlags.sampleDescriptionIndex, 'sampleDescriptionIndex', 'u32'),
      optional(tfhdFlags.defaultSampleDuration, 'defaultSampleDuration', 'u32'),
      optional(tfhdFlags.defaultSampleSize, 'defaultSampleSize', 'u32'),
      optional(tfhdFlags.defaultSampleFlags, 'defaultSampleFlags', 'u32'),
    ],
  },
  tfdt: {
    type: 'tfdt',
    full: { version: 1, flags: 0 },
    fields: [field('baseMediaDecodeTime', 'time')],
  },
  // then the samples, as the flags say
  trun: {
    type: 'trun',
    full: v0,
    fields: [
      field('sampleCount', 'u32'),
      optional(trunFlags.dataOffset, 'dataOffset', 'i32'),
      optional(trunFlags.firstSampleFlags, 'firstSampleFlags', 'u32'),
    ],
  },
  // in front of its moof
  prft: {
    type: 'prft',
    full: { version: 1, flags: 0 },
    fields: [
      field('referenceTrackId', 'u32'),
      field('ntpSeconds', 'u32'), // of ntp_timestamp, since 1900
      field('ntpFraction', 'u32'), // 2^32 a second
      field('mediaTime', 'time'),
    ],
  },
  // in front of all that belongs to a segment; then the compatible brands
  styp: {
    type: 'styp',
    fields: [field('majorBrand', 'fourcc'), field('minorVersion', 'u32', 0)],
  },
  // for one subsegment: the fragment behind it
  sidx: {
    type: 'sidx',
    full: { version: 1, flags: 0 },
    fields: [
      field('referenceId', 'u32'),
      field('timescale', 'u32'),
      field('earliestPresentationTime', 'time'),
      field('firstOffset', 'time', 0),
      reserved(2),
      field('referenceCount', 'u16', 1),
      field('referencedSize', 'u32'), // below the bit of reference_type, which is 0: media
      field('subsegmentDuration', 'u32'),
      field('accessPoint', 'u32'), // starts_with_SAP, SAP_type, SAP_delta_time
    ],
  },
}
