/**
 * Sources of pictures and sound, and what is made of them.
 *
 * @module media
 */

export {
  type AudioSpecificConfig,
  audioObjectTypes,
  type HevcSps,
  hevcNalType,
  hevcNalTypes,
  type MediaSample,
  nalType,
  nalTypes,
  parseAudioSpecificConfig,
  parseHevcSps,
  parseSps,
  removeEmulationPrevention,
  type Sps,
  writeAudioSpecificConfig,
} from '@hksv/fmp4'

export { BackOff } from './back-off.ts'
export type { SourceMemory } from './camera/description-memory.ts'
export { type Clock, systemClock } from './clock.ts'
export { type Diagnosis, diagnose } from './doctor/diagnose.ts'
export { SourceExaminer, type SourceReport } from './doctor/source-examiner.ts'
export { isMediaError, MediaError, type MediaErrorCode, mediaErrors } from './errors.ts'
export type { TranscodeMode } from './ffmpeg/plan-encoding.ts'
export { redact } from './ffmpeg/redact.ts'
export { type LoopPosition, LoopTimeline, type LoopTrack } from './file/loop-timeline.ts'
export { LiveAudio, type LiveAudioOptions } from './live-audio/live-audio.ts'
export type {
  LiveAudioFormat,
  LiveAudioFrame,
  SourceAudio,
} from './live-audio/live-audio-format.ts'
export { OggOpusReader } from './live-audio/ogg-reader.ts'
export { type OggOpusOptions, OggOpusWriter } from './live-audio/ogg-writer.ts'
export { type OpusPacket, parseOpusPacket, writeOpusPacket } from './live-audio/opus-packet.ts'
export { type FfmpegSensorOptions, ffmpegSensor } from './motion/ffmpeg-sensor.ts'
export type { MotionSensor, Seen } from './motion/motion-sensor.ts'
export { mqttSensor } from './motion/mqtt-sensor.ts'
export { type OnvifSensorOptions, onvifSensor } from './motion/onvif-sensor.ts'
export {
  PictureSizeDetector,
  type PictureSizeDetectorOptions,
} from './motion/picture-size-detector.ts'
export { movieTracks } from './movie-tracks.ts'
export { type OpenSourceOptions, openSource } from './open-source.ts'
export { openSources } from './open-sources.ts'
export {
  type LengthPrefixedPicture,
  lengthPrefixedNalUnits,
  lengthPrefixedPicture,
  type PictureFormat,
} from './picture/length-prefixed.ts'
export { withSilence } from './silence/with-silence.ts'
export { noPicture } from './snapshot/no-picture.ts'
export {
  type SnapshotOptions,
  type SnapshotOrigin,
  snapshotsFrom,
} from './snapshot/with-snapshots.ts'
export type {
  AudioDescription,
  CommonVideoDescription,
  H264Description,
  H265Description,
  LiveAudioDescription,
  LiveAudioSample,
  MediaSource,
  PictureSize,
  SourceDescription,
  SourceHealth,
  SourceSample,
  VideoDescription,
  WantedStream,
} from './source.ts'
export { openTalkBack } from './talk-back/open-talk-back.ts'
export type { SpeechFormat, TalkBack } from './talk-back/talk-back.ts'
export { TalkSession, type TalkSessionOptions } from './talk-back/talk-session.ts'
