export {
  type AudioSpecificConfig,
  audioObjectTypes,
  parseAudioSpecificConfig,
  writeAudioSpecificConfig,
} from './aac/audio-specific-config.ts'
export { removeEmulationPrevention } from './bitstream/emulation-prevention.ts'
export type { Vui } from './bitstream/vui.ts'
export {
  type AvcConfiguration,
  parseAvcConfiguration,
  writeAvcConfiguration,
} from './box/avcc.ts'
export {
  type ElementaryStreamDescriptor,
  parseElementaryStreamDescriptor,
  writeElementaryStreamDescriptor,
} from './box/esds.ts'
export {
  type HevcConfiguration,
  type HevcParameterSets,
  parseHevcConfiguration,
  writeHevcConfiguration,
} from './box/hvcc.ts'
export type { FieldValues } from './box/layout.ts'
export { type Box, type BoxTreeOptions, boxTree } from './box/tree.ts'
export { rescale } from './bytes.ts'
export {
  Fmp4Error,
  type Fmp4ErrorCode,
  type Fmp4ErrorPlace,
  fmp4Errors,
  isFmp4Error,
} from './errors.ts'
export type { Fragment } from './fragment/fragment.ts'
export { Fragmenter, type FragmenterOptions } from './fragment/fragmenter.ts'
export type { Allocate } from './fragment/pages.ts'
export { ntpTimestamp, type ProducerReferenceTime } from './fragment/producer-reference-time.ts'
export { type RenderOptions, renderFragment } from './fragment/render-fragment.ts'
export type { TrackRun } from './fragment/track-run.ts'
export { nalType, nalTypes } from './h264/nal.ts'
export { hasChromaFields, parseSps, type Sps } from './h264/sps.ts'
export { hevcLayerId, hevcNalType, hevcNalTypes, isIrap, isRasl } from './h265/nal.ts'
export { hevcParameterSetId } from './h265/parameter-set-id.ts'
export type { ProfileTierLevel } from './h265/profile-tier-level.ts'
export { type HevcSps, parseHevcSps } from './h265/sps.ts'
export { initSegment } from './init-segment.ts'
export {
  type Finding,
  type InspectionRule,
  inspectionRules,
} from './inspect/finding.ts'
export { FragmentInspector } from './inspect/fragment-inspector.ts'
export { type FragmentInspection, inspectFragment } from './inspect/inspect-fragment.ts'
export {
  type InitInspection,
  type InspectInitOptions,
  inspectInit,
} from './inspect/inspect-init.ts'
export type { TimingOptions } from './inspect/inspect-timing.ts'
export type { InspectedTrack, InspectorState } from './inspect/state.ts'
export type { FragmentSummary, TrackSummary } from './inspect/summary.ts'
export type { Movie, MovieTrack, SampleTable } from './movie/movie.ts'
export { movieReader, type ReadRequest, readMovie } from './movie/movie-reader.ts'
export {
  MovieStream,
  type MovieStreamEvent,
  type MovieStreamOptions,
  type StreamedTrack,
} from './movie/movie-stream.ts'
export type { SampleDefaults } from './movie/read-fragment.ts'
export { type NalSyntax, nalSyntaxes, type VideoCodec } from './nal-syntax.ts'
export type {
  AudioTrack,
  AvcTrack,
  HevcTrack,
  MediaSample,
  OpusTrack,
  VideoTrack,
} from './tracks.ts'
