import process from 'node:process'

import { type CameraOptions, type LiveSuite, recordingSizes } from '@hksv/accessory'
import {
  ffmpegSensor,
  isMediaError,
  type MotionSensor,
  mqttSensor,
  onvifSensor,
  openTalkBack,
  type TalkBack,
  type TranscodeMode,
} from '@hksv/media'
import { type Command, InvalidArgumentError } from 'commander'

import { UsageError } from '../failure.ts'
import { addCommonOptions, addOption, parseAddress, parsePort } from '../options.ts'
import { cameraDirectory } from '../paths.ts'

type Recording = NonNullable<CameraOptions['recording']>
type Size = NonNullable<Recording['sizes']>[number]
type Sound = NonNullable<Recording['audio']>[number]

/** What sees motion, besides the control API. */
interface Motion extends Pick<CameraOptions, 'videoMotion' | 'motionSensors'> {
  /** Watches decoded pictures of the source. */
  readonly decoded?: { readonly threshold: number }
  /** Takes the events of the source's own camera. */
  readonly hasOwnEvents?: true
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const MOTION_HELP =
  'It is a list of video, video:SENSITIVITY with 0 to 100, ffmpeg, ffmpeg:PERCENT, onvif, onvif://USER:PASSWORD@HOST, mqtt://HOST/TOPIC, http, or none.'

/** The flags of `hksv camera`, as the command line, the environment and the file give them. */
export interface CameraFlags {
  config?: string
  only?: readonly string[]
  name: string
  source: readonly string[]
  ffmpeg: string
  transcode: TranscodeMode
  encoder: string
  storage: string
  bind?: string
  port?: number
  setupCode?: string
  doorbell: boolean
  streams: number
  srtp?: readonly LiveSuite[]
  prebuffer: 4000 | 8000
  sizes?: readonly Size[]
  snapshot?: string
  audio?: Sound[]
  hevc: boolean
  speaker: boolean
  talkback?: TalkBack
  occupancy: boolean
  fieldOfView: number
  motion: Motion
  mdns: boolean
  control?: { host: string; port: number }
  json: boolean
  quiet: boolean
  verbose: boolean
}

/** Adds the flags, and what the help says besides. */
export function addCameraFlags(command: Command): Command {
  addOption(command, '--config <file>', 'read options from a JSON file; flags and environment win')
  addOption(command, '--only <name>', 'of the cameras of the file this one; again for more', {
    parse: collect(),
  })
  addOption(command, '--name <name>', 'what Home calls it', { standard: 'HKSV Camera' })
  addOption(
    command,
    '--source <source>',
    "rtsp://USER:PASSWORD@HOST/PATH, a file, 'ffmpeg:OPTIONS -i INPUT', or the built-in sample; again for each smaller stream of it",
    { standard: ['sample'], shown: 'sample', parse: collect() },
  )
  addOption(
    command,
    '--snapshot <url>',
    "the camera's own picture, http://USER:PASSWORD@HOST/PATH; #insecure at its end accepts any certificate",
  )
  addEncodingFlags(command)
  addOption(command, '--storage <dir>', 'identity, pairings and settings', {
    standard: cameraDirectory(),
  })
  addOption(command, '--bind <address>', 'listen on this address only')
  addOption(command, '--port <port>', 'HAP port; the one of the last start unless given', {
    parse: parsePort,
  })
  addOption(command, '--setup-code <code>', 'eight digits; drawn once and kept unless given')
  addAbilityFlags(command)
  addOption(
    command,
    '--motion <list>',
    'what sees motion: video, video:SENSITIVITY (0 to 100), ffmpeg, ffmpeg:PERCENT, onvif, onvif://USER:PASSWORD@HOST, mqtt://HOST/TOPIC, none; the control API always can',
    { parse: parseMotion, standard: { videoMotion: { sensitivity: 50 } }, shown: 'video' },
  )
  addOption(command, '--no-mdns', 'do not announce the camera on the network')
  addOption(command, '--control <address>', 'serve the control API, e.g. on 127.0.0.1:8580', {
    parse: parseAddress,
  })
  addCommonOptions(command)
  return command.addHelpText(
    'after',
    `
Every flag is also an environment variable (HKSV_SETUP_CODE) and a key of the
configuration file (setupCode). HKSV_CONTROL_TOKEN protects the control API.
A password in a flag is seen by everybody on the machine: use HKSV_SOURCE.

Examples:
  hksv camera                                   the built-in sample
  hksv camera --source rtsp://10.0.0.7/stream1  a camera
  hksv camera --source rtsp://10.0.0.7/main --source rtsp://10.0.0.7/sub
                                                its large and its small stream
  hksv camera --source porch.mp4 --name Porch   a file, looped
  hksv camera --source 'ffmpeg:-f v4l2 -i /dev/video0'   whatever ffmpeg reads
  hksv camera --config cameras.json             several: {"cameras": [{"name": …}, …]}
  hksv camera --control 8580                    then: curl -X POST 127.0.0.1:8580/motion`,
  )
}

function addEncodingFlags(command: Command): void {
  addOption(command, '--transcode <when>', 'let ffmpeg encode what cannot be recorded as it is', {
    choices: ['auto', 'never', 'always'],
    standard: 'auto',
  })
  addOption(
    command,
    '--encoder <name>',
    'encoder of ffmpeg for H.264, e.g. h264_v4l2m2m; libx264 for auto',
    {
      parse: parseEncoder,
      standard: 'auto',
    },
  )
  addOption(command, '--ffmpeg <program>', 'name or path of ffmpeg', { standard: 'ffmpeg' })
}

function addAbilityFlags(command: Command): void {
  addOption(command, '--doorbell', 'be a video doorbell', { standard: false })
  addOption(command, '--streams <number>', 'how many may look at once, 1 to 4', {
    parse: parseStreams,
    standard: 2,
  })
  addOption(
    command,
    '--srtp <list>',
    'what may protect live views, the best first: aes-128, aes-256, none; aes-128 unless given',
    { parse: text => text.split(',').map(parseSuite) },
  )
  addOption(command, '--prebuffer <ms>', 'what a clip begins with: 4000 or 8000', {
    parse: parsePrebuffer,
    standard: 4000,
  })
  addOption(
    command,
    '--sizes <list>',
    'offer more sizes to record in, e.g. 1600x1200,640x480, or all',
    {
      parse: parseSizes,
    },
  )
  addOption(
    command,
    '--audio <list>',
    "sound to offer, e.g. aac-lc:32000/48000,aac-eld:16000; the source's own unless given",
    { parse: text => text.split(',').map(parseSound) },
  )
  addOption(command, '--hevc', 'offer H.265, for hubs that take it', { standard: false })
  addOption(command, '--speaker', 'it can be talked through', { standard: false })
  addOption(
    command,
    '--talkback <command>',
    'what plays what viewers say: a command that reads 16-bit samples at 16 kHz, or http://USER:PASSWORD@HOST/PATH of a camera',
    { parse: parseTalkBack },
  )
  addOption(command, '--occupancy', 'it has an occupancy sensor', { standard: false })
  addOption(command, '--field-of-view <degrees>', 'diagonal field of view', {
    parse: parseDegrees,
    standard: 0,
  })
}

/** What the flags say of the camera; source and log are still to come. */
export function cameraOptions(
  flags: CameraFlags,
  metrics: () => Promise<string>,
): Omit<CameraOptions, 'source' | 'log'> {
  const { HKSV_CONTROL_TOKEN: token } = process.env
  const { bind, port, setupCode, control, sizes, audio, talkback } = flags
  const { decoded, hasOwnEvents, motionSensors = [], ...motion } = flags.motion
  return {
    name: flags.name,
    storage: flags.storage,
    mdns: flags.mdns,
    isDoorbell: flags.doorbell,
    streamCount: flags.streams,
    ...(flags.srtp && { liveSuites: flags.srtp }),
    hasSpeaker: flags.speaker || talkback !== undefined,
    hasOccupancySensor: flags.occupancy,
    fieldOfView: flags.fieldOfView,
    ...motion,
    motionSensors: [
      ...motionSensors,
      ...(hasOwnEvents ? [ownEvents(flags.source)] : []),
      ...(decoded
        ? [ffmpegSensor(smallest(flags.source), { ffmpeg: flags.ffmpeg, ...decoded })]
        : []),
    ],
    recording: {
      prebufferMs: flags.prebuffer,
      isHevcAllowed: flags.hevc,
      ...(sizes === undefined ? {} : { sizes }),
      ...(audio === undefined ? {} : { audio }),
    },
    ffmpeg: flags.ffmpeg,
    ...(talkback === undefined ? {} : { talkBack: talkback }),
    ...(bind === undefined ? {} : { host: bind }),
    ...(port === undefined ? {} : { port }),
    ...(setupCode === undefined ? {} : { setupCode }),
    ...(control === undefined
      ? {}
      : {
          control: {
            ...control,
            ...(token === undefined ? {} : { token }),
            metrics,
          },
        }),
  }
}

function parseEncoder(text: string): string {
  if (!/^\w+$/.test(text))
    throw new InvalidArgumentError('It is a name such as h264_v4l2m2m, or auto.')
  return text
}

/** The last stream is the cheapest to decode. @returns It without the size in front. */
function smallest(sources: readonly string[]): string {
  return (sources.at(-1) ?? 'sample').replace(/^\d+x\d+@/, '')
}

/** Of a flag that may be given again; the environment has one a line. */
function collect(): (text: string) => readonly string[] {
  const all: string[] = []
  return text => {
    all.push(...text.split('\n').filter(line => line.trim() !== ''))
    return all
  }
}

function parseTalkBack(text: string): TalkBack {
  try {
    return openTalkBack(text)
  } catch (error) {
    // What commander would say repeats the text, which may have a password in it.
    throw isMediaError(error)
      ? new UsageError(`--talkback: ${error.message}`, { cause: error })
      : error
  }
}

function parseStreams(text: string): number {
  if (!/^[1-4]$/.test(text)) throw new InvalidArgumentError('It is 1, 2, 3 or 4.')
  return Number(text)
}

const SUITES = new Map<string, LiveSuite>([
  ['aes-128', 'AES_CM_128_HMAC_SHA1_80'],
  ['aes-256', 'AES_256_CM_HMAC_SHA1_80'],
  ['none', 'none'],
])

function parseSuite(text: string): LiveSuite {
  const suite = SUITES.get(text.trim())
  if (suite === undefined) throw new InvalidArgumentError('It is aes-128, aes-256 or none.')
  return suite
}

function parsePrebuffer(text: string): number {
  if (text !== '4000' && text !== '8000') throw new InvalidArgumentError('It is 4000 or 8000.')
  return Number(text)
}

function parseSizes(text: string): readonly Size[] {
  return text.trim() === 'all' ? recordingSizes : text.split(',').map(parseSize)
}

function parseSize(text: string): Size {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text.trim()) ?? []
  if (width === undefined) throw new InvalidArgumentError('Sizes are like 1600x1200.')
  return { width: Number(width), height: Number(height) }
}

function parseSound(text: string): Sound {
  const [, codec, rates = ''] = /^(aac-lc|aac-eld):(\d+(?:\/\d+)*)$/.exec(text.trim()) ?? []
  if (codec !== 'aac-lc' && codec !== 'aac-eld') {
    throw new InvalidArgumentError('Sound is like aac-lc:32000/48000 or aac-eld:16000.')
  }
  return { codec, sampleRates: rates.split('/').map(Number) }
}

function parseMotion(text: string): Motion {
  const motion: Mutable<Motion> & { motionSensors: MotionSensor[] } = {
    motionSensors: [],
  }
  for (const one of text.split(',').map(part => part.trim())) {
    if (one.startsWith('video')) motion.videoMotion = { sensitivity: parseSensitivity(one) }
    else if (one.startsWith('ffmpeg')) motion.decoded = { threshold: parseThreshold(one) }
    else if (/^mqtts?:/.test(one)) motion.motionSensors.push(sensorAt(one, mqttSensor))
    else if (one === 'onvif') motion.hasOwnEvents = true
    else if (/^onvifs?:/.test(one)) motion.motionSensors.push(sensorAt(one, onvifSensor))
    else if (one !== 'none' && one !== 'http') throw new InvalidArgumentError(MOTION_HELP)
  }
  return motion
}

function parseSensitivity(text: string): number {
  const [, sensitivity = '50'] = /^video(?::(\d{1,3}))?$/.exec(text) ?? [undefined, '101']
  if (Number(sensitivity) > 100) throw new InvalidArgumentError(MOTION_HELP)
  return Number(sensitivity)
}

function parseThreshold(text: string): number {
  const [, threshold = '1'] = /^ffmpeg(?::(\d{1,3}(?:\.\d+)?))?$/.exec(text) ?? [undefined, '0']
  const percent = Number(threshold)
  if (!(percent > 0 && percent <= 100)) throw new InvalidArgumentError(MOTION_HELP)
  return percent
}

function sensorAt(address: string, sensor: (address: string) => MotionSensor): MotionSensor {
  try {
    return sensor(address)
  } catch (error) {
    // What commander would say repeats the text, which may have a password in it.
    throw isMediaError(error)
      ? new UsageError(`--motion: ${error.message}`, { cause: error })
      : error
  }
}

/** @returns The events of the camera whose pictures come over RTSP. @throws UsageError */
function ownEvents(sources: readonly string[]): MotionSensor {
  const [, account = '', host] =
    sources
      .map(source => /(?:^|@)rtsp[stu]?:\/\/((?:[^/?]*@)?)(\[[^\]]*\]|[^/:?]+)/i.exec(source))
      .find(found => found !== null) ?? []
  if (host === undefined)
    throw new UsageError(
      '--motion onvif: the source is no RTSP camera; give onvif://USER:PASSWORD@HOST',
    )
  return sensorAt(`onvif://${account}${host}`, onvifSensor)
}

function parseDegrees(text: string): number {
  const degrees = Number(text)
  if (text.trim() === '' || !(degrees >= 0 && degrees <= 360)) {
    throw new InvalidArgumentError('It is 0 to 360 degrees.')
  }
  return degrees
}
