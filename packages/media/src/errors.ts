/**
 * What can go wrong in `@hksv/media`, by code. Compare on the code, never on the text. In messages
 * CONVERT is a command that makes a usable file.
 */
export const mediaErrors = {
  /** No file of this name. */
  MEDIA_NOT_FOUND: 'there is no such file; check the path, or use the source "sample"',
  /** A directory, socket or device. */
  MEDIA_NOT_A_FILE: 'this is no regular file; give the path of an MP4 file',
  /** The file exists and must not be read. */
  MEDIA_NOT_READABLE: 'the file cannot be read; check its permissions',
  /** A kind of source that this version does not have. */
  MEDIA_UNKNOWN_SOURCE: 'this kind of source is not supported; use "sample" or an MP4 file',
  /** Text, an empty file, another container. */
  MEDIA_NOT_MP4: 'this is not an MP4 file; convert it with: CONVERT',
  /** The file ends before what its head announces. */
  MEDIA_TRUNCATED: 'the MP4 file is cut short; copy or record it again',
  /** Boxes or tables of the file contradict each other. */
  MEDIA_DAMAGED: 'the MP4 file is damaged; write it anew with: CONVERT',
  /** No video track of H.264 or H.265. */
  MEDIA_NO_VIDEO: 'the file has no H.264 or H.265 video; convert it with: CONVERT',
  /** A track without parameter sets, with ones that change, or without pictures. */
  MEDIA_UNUSABLE_VIDEO: 'the video of the file cannot be used; convert it with: CONVERT',
  /** More than 10 s without a key frame (IDR, or IRAP that begins a closed group): no recording could begin there. */
  MEDIA_KEY_FRAME_DISTANCE:
    'the video has no key frame for more than 10 s; convert it with: CONVERT',
  /** Reading failed after the file had been opened. */
  MEDIA_READ: 'reading the file failed; check that it is still there and unchanged',
  /** The address of a motion sensor cannot be understood. */
  MEDIA_MOTION_ADDRESS:
    'this is no motion sensor; give mqtt://HOST/TOPIC, with ?path=MEMBER for a member of a JSON object, or onvif://USER:PASSWORD@HOST',
  /** The broker cannot be reached, refuses, or went away. */
  MEDIA_MQTT: 'the MQTT broker cannot be used; check its address, user and password',
  /** What was given is no URL of RTSP. */
  MEDIA_RTSP_ADDRESS:
    'this is no RTSP address; give rtsp://[USER:PASSWORD@]HOST[:PORT]/PATH, with %23 for # and %2F for / in the password',
  /** No connection, or TLS failed for another reason than the certificate. */
  MEDIA_RTSP_UNREACHABLE:
    'the camera cannot be reached; check its address, its power, and that RTSP is switched on in it',
  /** The certificate of an `rtsps:` camera is not signed by whom this computer trusts. */
  MEDIA_RTSP_CERTIFICATE:
    "the camera's certificate cannot be verified; give its certificate, or switch verification off",
  /** No user and password where they are asked for, wrong ones, or a way to prove them that is unknown. */
  MEDIA_RTSP_AUTH:
    'the camera does not let us in; put its user and password into the address, rtsp://USER:PASSWORD@HOST/PATH',
  /** An error status, too many redirects, or no transport that both have. */
  MEDIA_RTSP_REFUSED:
    "the camera refuses this stream; check the path of the address in the camera's manual",
  /** It has no place for us, or an error of its own: status 453 or 5xx. */
  MEDIA_RTSP_BUSY:
    'the camera cannot serve this stream now; end what else watches it, or switch it off and on again',
  /** Bytes that are no RTSP, or beyond the limits. */
  MEDIA_RTSP_PROTOCOL:
    'the camera does not speak RTSP as it should; check host and port, and update its firmware',
  /** No answer, or no packets. */
  MEDIA_RTSP_TIMEOUT:
    'the camera does not answer; check the network to it, or switch it off and on again',
  /** The connection or the session was ended by the camera. */
  MEDIA_RTSP_ENDED: 'the camera ended the stream; open it again',
  /** Neither H.264 nor H.265 in what the camera describes. */
  MEDIA_RTSP_NO_VIDEO:
    'the camera offers no H.264 or H.265 video; choose H.264 in its settings, or the path of another stream',
  /** No ffmpeg, one without libopus, or sound that it does not understand. */
  MEDIA_LIVE_AUDIO:
    'the live view has no sound; install ffmpeg with libopus, or let the camera send AAC, G.711 or Opus',
  /** There is no program of this name. */
  MEDIA_FFMPEG_MISSING:
    'ffmpeg cannot be started; install it (apt install ffmpeg), or give its path with --ffmpeg',
  /** What stands behind `ffmpeg:` cannot be understood, by us or by ffmpeg. */
  MEDIA_FFMPEG_ARGUMENTS:
    "these are no arguments of ffmpeg; give its input options and -i, such as 'ffmpeg:-rtsp_transport tcp -i rtsp://HOST/PATH'",
  /** ffmpeg cannot open the input, or read what is in it. */
  MEDIA_FFMPEG_INPUT: 'ffmpeg cannot read this input; try it with: ffmpeg -i INPUT',
  /** An input without a picture. */
  MEDIA_FFMPEG_NO_VIDEO: 'the input has no video; choose another one',
  /** The input needs another codec, and nobody may or can encode it. */
  MEDIA_NOT_RECORDABLE:
    'this cannot be recorded as it is; use --transcode auto, with ffmpeg installed',
  /** The encoder is unknown, or has no hardware to run on. */
  MEDIA_FFMPEG_ENCODER:
    'ffmpeg cannot encode with this encoder; list those it has with: ffmpeg -encoders, or leave out --encoder',
  /** No output in time. */
  MEDIA_FFMPEG_TIMEOUT: 'ffmpeg delivers nothing; check that its input does',
  /** It crashed, was killed, or its input is over. */
  MEDIA_FFMPEG_ENDED: 'ffmpeg ended; for a file, add the input options -re -stream_loop -1',
  /** What it writes cannot be read. */
  MEDIA_FFMPEG_OUTPUT: 'the output of ffmpeg cannot be read; use ffmpeg 5.1 or later',
  /** What is neither a command nor an address of HTTP. */
  MEDIA_TALK_BACK_ADDRESS:
    'nobody can be talked to this way; give a command that plays raw sound, such as "aplay -q -t raw -f S16_LE -r 16000 -c 1", or http://USER:PASSWORD@HOST/PATH of the camera\'s loudspeaker',
  /** No ffmpeg, a command that fails, or a camera that does not take what is said. */
  MEDIA_TALK_BACK:
    'what a viewer says is not heard; check --talkback, and that ffmpeg is installed',
  /** What was given is no address of HTTP. */
  MEDIA_HTTP_ADDRESS:
    'this is no address of HTTP; give http://[USER:PASSWORD@]HOST[:PORT]/PATH, with #insecure at its end for a certificate that nobody signed',
  /** No connection, no answer in time, one that is too large, or one that sends us elsewhere. */
  MEDIA_HTTP: 'the camera does not answer as it should; check its address, and its power',
  /** No user and password where they are asked for, wrong ones, or a way to prove them that is unknown. */
  MEDIA_HTTP_AUTH:
    'the camera does not let us in; put a user and password that it knows into the address',
  /** The certificate of an `https:` camera is not signed by whom this computer trusts. */
  MEDIA_HTTP_CERTIFICATE:
    "the camera's certificate cannot be verified; add #insecure to the address to accept it all the same",
  /** An error status, or no JPEG. */
  MEDIA_SNAPSHOT: "there is no picture at this address; look for it in the camera's manual",
  /** A fault, or an answer that is no SOAP. */
  MEDIA_ONVIF:
    'the camera tells nothing over ONVIF; check that ONVIF is switched on in it, and its port',
  /** No events service among what it has. */
  MEDIA_ONVIF_NO_EVENTS: 'the camera has no ONVIF events; choose another way to see motion',
  /** The source was used after it had been closed. */
  MEDIA_CLOSED: 'the source is closed; open it again',
} as const

/** A code of {@link MediaError}. */
export type MediaErrorCode = keyof typeof mediaErrors

/** What somebody has to change: trying again soon would help nobody, and may lock the user out. */
const lasting: ReadonlySet<string> = new Set<MediaErrorCode>([
  'MEDIA_FFMPEG_ARGUMENTS',
  'MEDIA_FFMPEG_ENCODER',
  'MEDIA_FFMPEG_MISSING',
  'MEDIA_FFMPEG_NO_VIDEO',
  'MEDIA_HTTP_AUTH',
  'MEDIA_HTTP_CERTIFICATE',
  'MEDIA_ONVIF_NO_EVENTS',
  'MEDIA_RTSP_AUTH',
  'MEDIA_RTSP_CERTIFICATE',
  'MEDIA_RTSP_NO_VIDEO',
  'MEDIA_RTSP_REFUSED',
])

/** @returns Whether somebody has to change something before it can go well. */
export function isLasting(error: unknown): boolean {
  return isMediaError(error) && lasting.has(error.code)
}

/** The one error class of this package. Its message is one sentence that says the way out. */
export class MediaError extends Error {
  override readonly name = 'MediaError'
  readonly code: MediaErrorCode

  /** @param options - `source` is what the user named; `detail` is what was found. */
  constructor(
    code: MediaErrorCode,
    options: { source?: string; detail?: string; cause?: unknown } = {},
  ) {
    const { detail, cause } = options
    const source = options.source === undefined ? undefined : shownAddress(options.source)
    const convert = `ffmpeg -i ${quoted(source ?? 'IN')} -c:v libx264 -bf 0 -g 60 -c:a aac OUT.mp4`
    const [what, ...wayOut] = mediaErrors[code].replace('CONVERT', convert).split('; ')
    const sentence = [detail === undefined ? what : `${what} (${detail})`, ...wayOut].join('; ')
    super(
      source === undefined ? sentence : `${source}: ${sentence}`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
  }
}

/** @returns Whether `error` is a {@link MediaError}, of whichever copy of this package. */
export function isMediaError(error: unknown): error is MediaError {
  return error instanceof Error && error.name === 'MediaError' && 'code' in error
}

/** @returns An address without the passwords that some cameras want in its path or its query. */
export function shownAddress(address: string): string {
  if (!/^\w+:\/\//.test(address)) return address
  return address.replace(/((?:pass\w*|pwd|psw|token|auth\w*|secret)=)[^&/?;#]*/gi, '$1***')
}

/** @returns A path as it can be pasted into a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
