export {
  type AudioSpecificConfig,
  audioObjectTypes,
  type MediaSample,
  nalType,
  nalTypes,
  parseAudioSpecificConfig,
  parseSps,
  removeEmulationPrevention,
  type Sps,
  writeAudioSpecificConfig,
} from '@hksv/fmp4'

export { type Clock, systemClock } from './clock.ts'
export { isMediaError, MediaError, type MediaErrorCode, mediaErrors } from './errors.ts'
export { type LoopPosition, LoopTimeline, type LoopTrack } from './file/loop-timeline.ts'
export { type AvccPicture, avccNalUnits, avccPicture } from './h264/avcc.ts'
export { type OpenSourceOptions, openSource } from './open-source.ts'
export type {
  AudioDescription,
  MediaSource,
  PictureSize,
  SourceDescription,
  VideoDescription,
  WantedStream,
} from './source.ts'
