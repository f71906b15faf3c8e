import type { WantedStream } from '../source.ts'
import { encoderOf } from './encoders.ts'
import type { FoundAudio, FoundStreams, FoundVideo } from './probe-input.ts'

/** When something is encoded: what has to be, nothing, or everything. */
export type TranscodeMode = 'auto' | 'never' | 'always'

/** How it may be encoded. */
export interface EncodingOptions {
  readonly mode: TranscodeMode
  /** Name of an encoder of ffmpeg for H.264, or `auto`. */
  readonly encoder: string
  /** Whether H.265 may stay H.265. */
  readonly isHevcAllowed: boolean
  /** What is wanted, as far as it is known. */
  readonly wanted?: WantedStream | undefined
  /** Why the video has to be encoded, if that is known from elsewhere. */
  readonly videoFault?: string | undefined
}

/** AAC-LC. */
export interface PlannedSound {
  readonly sampleRate: number
  readonly channels: number
}

/** How ffmpeg makes of an input what a hub takes. */
export interface EncodingPlan {
  /** Options in front of the input. */
  readonly inputArgs: readonly string[]
  /** Options of the video. */
  readonly videoArgs: readonly string[]
  /** Options of the audio. */
  readonly audioArgs: readonly string[]
  /** The AAC-LC that comes out; nothing when there is none. */
  readonly sound: PlannedSound | undefined
  /** Pictures a second that come out, as the input claims. */
  readonly framesPerSecond: number | undefined
  /** Why the video is encoded; nothing when it is copied. */
  readonly video: string | undefined
  /** Why the audio is encoded; nothing when it is copied, or there is none. */
  readonly audio: string | undefined
  /** Why it cannot be recorded as planned: nobody may encode it. */
  readonly refusal?: string
  /** Whether there is sound that is left out. */
  readonly isSilent: boolean
}

/** AAC without the headers that it has in MPEG-TS. */
const COPIED = {
  videoArgs: ['-c:v', 'copy'],
  audioArgs: ['-c:a', 'copy', '-bsf:a', 'aac_adtstoasc'],
}
const KEY_FRAME_MS = 2000
/** No hub asks for more. */
const USUAL_FRAME_RATE = 30
const USUAL_RATE = 32_000
const RATES: readonly number[] = [8000, 16_000, 24_000, 32_000, 44_100, 48_000]
/** The largest that hubs know. */
const LARGEST = { width: 1920, height: 1080 }
const COLOURS: readonly string[] = ['', 'yuv420p', 'yuvj420p']

/** Decides what is copied and what is encoded: as little as can be, unless all is to be. */
export function planEncoding(found: FoundStreams, options: EncodingOptions): EncodingPlan {
  const { mode } = options
  const isForced = mode === 'always'
  const videoFault = options.videoFault ?? faultOfVideo(found.video, options.isHevcAllowed)
  const video = videoFault ?? (isForced ? 'as you wished' : undefined)
  const audioFault = found.audio && faultOfAudio(found.audio)
  const audio = audioFault ?? (isForced && found.audio ? 'as you wished' : undefined)
  if (mode === 'never') {
    const isSilent = audioFault !== undefined
    const sound = isSilent ? undefined : found.audio
    const refusal = videoFault === undefined ? {} : { refusal: videoFault }
    const { framesPerSecond } = found.video
    const copied = { inputArgs: [], framesPerSecond, video: undefined, audio: undefined }
    return { ...copied, ...COPIED, sound, isSilent, ...refusal }
  }
  const sound = audio === undefined ? found.audio : soundOf(found.audio, options.wanted)
  const { device } = encoderOf(options.encoder)
  return {
    // Pictures are decoded one by one: threads that share a picture would hold back several.
    inputArgs: video === undefined ? [] : ['-thread_type', 'slice', ...device],
    videoArgs: video === undefined ? COPIED.videoArgs : videoArgs(found.video, options),
    audioArgs:
      audio === undefined || sound === undefined
        ? COPIED.audioArgs
        : audioArgs(sound, options.wanted),
    sound,
    framesPerSecond:
      video === undefined ? found.video.framesPerSecond : rateOf(found.video, options.wanted),
    video,
    audio,
    isSilent: false,
  }
}

function faultOfVideo({ codec, pixels }: FoundVideo, isHevcAllowed: boolean): string | undefined {
  if (codec === 'hevc' && isHevcAllowed) return undefined
  if (codec !== 'h264') return `it is ${codec.toUpperCase()}, not H.264`
  return COLOURS.includes(pixels) ? undefined : `its pictures are ${pixels}, not yuv420p`
}

function faultOfAudio({ codec, profile, sampleRate, channels }: FoundAudio): string | undefined {
  if (codec !== 'aac') return `it is ${codec.toUpperCase()}, not AAC`
  if (!['', 'LC'].includes(profile)) return `it is ${profile}, not AAC-LC`
  if (!RATES.includes(sampleRate)) return `it has ${sampleRate} Hz`
  return channels > 2 ? `it has ${channels} channels` : undefined
}

function videoArgs(video: FoundVideo, { encoder: name, wanted }: EncodingOptions): string[] {
  const encoder = encoderOf(name)
  const { width, height } = fitted(video, wanted?.video ?? LARGEST)
  const isSmaller = width !== video.width || height !== video.height
  const rate = rateOf(video, wanted)
  const filters = [
    // Key frames are as far apart as wanted only when pictures come evenly.
    `fps=${rate}`,
    ...(isSmaller ? [`scale=${width}:${height}`] : []),
    encoder.filter,
  ]
  const seconds = (wanted?.video.keyFrameIntervalMs || KEY_FRAME_MS) / 1000
  const gop = Math.max(1, Math.round(rate * seconds))
  const kbps = wanted?.video.bitRateKbps || Math.max(500, Math.round((width * height) / 1000))
  return [
    ...['-vf', filters.join(','), '-c:v', encoder.name, ...encoder.options],
    ...['-b:v', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${2 * kbps}k`],
    // By time, half a frame early: not every rate has whole numbers of pictures.
    ...['-g', `${2 * gop}`],
    ...['-force_key_frames', `expr:gte(t,n_forced*${seconds}-${(0.5 / rate).toFixed(4)})`],
  ]
}

/** A camera that says 30 and means 29.97 is left alone. */
function rateOf({ framesPerSecond }: FoundVideo, wanted: WantedStream | undefined): number {
  const wantedRate = wanted?.video.framesPerSecond || USUAL_FRAME_RATE
  const rate = framesPerSecond ?? wantedRate
  return rate > wantedRate * 1.1 ? wantedRate : rate
}

/** @returns The size as it is, or within the wanted one, with even sides. */
function fitted(
  video: { readonly width: number; readonly height: number },
  within: { readonly width: number; readonly height: number },
): { width: number; height: number } {
  const factor = Math.min(1, within.width / video.width, within.height / video.height)
  const even = (side: number) => Math.max(2, 2 * Math.round((side * factor) / 2))
  return { width: even(video.width), height: even(video.height) }
}

function soundOf(found: FoundAudio | undefined, wanted: WantedStream | undefined): PlannedSound {
  const { sampleRate = USUAL_RATE } = found ?? {}
  const usual = { sampleRate: RATES.includes(sampleRate) ? sampleRate : USUAL_RATE, channels: 1 }
  return wanted?.audio ?? usual
}

function audioArgs(
  { sampleRate, channels }: PlannedSound,
  wanted: WantedStream | undefined,
): string[] {
  const most = wanted?.audio?.maxBitRateKbps || 64
  const kbps = Math.min(most, Math.max(16, Math.round((sampleRate * channels) / 500)))
  return [
    // What is lost on the way becomes silence, and a clock that is off is caught up with.
    ...['-af', 'aresample=async=1000', '-c:a', 'aac', '-profile:a', 'aac_low'],
    ...['-ar', `${sampleRate}`, '-ac', `${channels}`, '-b:a', `${kbps}k`],
  ]
}
