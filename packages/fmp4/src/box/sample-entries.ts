import { ascii } from '../bytes.ts'
import { field, fixed, type Layout, reserved } from './layout.ts'

/** A VisualSampleEntry; the boxes of the codec follow. */
const visual = (type: string, compressorName: string): Layout => ({
  type,
  fields: [
    reserved(6),
    field('dataReferenceIndex', 'u16', 1),
    fixed('predefined', 'bytes', new Uint8Array(16)),
    field('width', 'u16'),
    field('height', 'u16'),
    field('horizontalResolution', 'u32', 0x00480000), // 72 dpi, 16.16
    field('verticalResolution', 'u32', 0x00480000),
    reserved(4),
    field('frameCount', 'u16', 1),
    field('compressorName', 'bytes', pascalText(compressorName, 32)),
    field('depth', 'u16', 0x0018),
    fixed('predefined', 'u16', 0xffff),
  ],
  isContainer: true,
})

/** @returns The length in a byte, the text, and zeros. */
function pascalText(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes.set([text.length, ...ascii(text)])
  return bytes
}

/** An AudioSampleEntry; the box of the codec follows. */
const audible = (type: string): Layout => ({
  type,
  fields: [
    reserved(6),
    field('dataReferenceIndex', 'u16', 1),
    reserved(8),
    field('channelCount', 'u16'),
    field('sampleSize', 'u16', 16),
    reserved(4),
    field('sampleRate', 'u16'), // the whole part of a 16.16 number
    field('sampleRateFraction', 'u16', 0),
  ],
  isContainer: true,
})

/** Types of the boxes in {@link sampleEntries}. */
export type SampleEntryName = 'avc1' | 'hvc1' | 'hev1' | 'pasp' | 'mp4a' | 'Opus' | 'dOps' | 'sgpd'

/**
 * The sample entries that are looked into, and the box for the shape of their pixels.
 * @see ISO/IEC 14496-12 §8.5.2 and §12.1; ISO/IEC 14496-14 §5.6 (mp4a); "Encapsulation of Opus in
 * ISO Base Media File Format" §4.3 (Opus, dOps) and ISO/IEC 14496-12 §8.9.3, §10.1 (sgpd, roll); ISO/IEC 14496-15 §5.4 (avc1) and §8.4 (hvc1, hev1)
 */
export const sampleEntries: Readonly<Record<SampleEntryName, Layout>> = {
  avc1: visual('avc1', 'h264'),
  hvc1: visual('hvc1', 'h265'),
  /** As hvc1, but parameter sets may stand in the samples; read, never written. */
  hev1: visual('hev1', 'h265'),
  pasp: { type: 'pasp', fields: [field('hSpacing', 'u32'), field('vSpacing', 'u32')] },
  mp4a: audible('mp4a'),
  Opus: audible('Opus'),
  /** Of one stream with up to two channels: without a mapping table. */
  dOps: {
    type: 'dOps',
    fields: [
      field('version', 'u8', 0),
      field('outputChannelCount', 'u8'),
      field('preSkip', 'u16', 0),
      field('inputSampleRate', 'u32'),
      field('outputGain', 'i16', 0),
      field('channelMappingFamily', 'u8', 0),
    ],
  },
  /** How far ahead of a sample its decoding has to begin: one rule for all samples. */
  sgpd: {
    type: 'sgpd',
    full: { version: 2, flags: 0 },
    fields: [
      field('groupingType', 'fourcc', 'roll'),
      field('defaultGroupDescriptionIndex', 'u32', 1),
      field('entryCount', 'u32', 1),
      field('rollDistance', 'i16'),
    ],
  },
}
