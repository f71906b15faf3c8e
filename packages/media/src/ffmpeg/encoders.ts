/** What ffmpeg is told besides the name of an encoder. */
export interface Encoder {
  /** Options in front of the input. */
  readonly device: readonly string[]
  /** What the filters end with: pictures as the encoder takes them. */
  readonly filter: string
  /** Options for the least delay, without B frames. */
  readonly options: readonly string[]
}

const PLAIN: Encoder = { device: [], filter: 'format=yuv420p', options: ['-bf', '0'] }

/** By name; an encoder that is not listed gets what all understand. */
const ENCODERS: Readonly<Record<string, Encoder>> = {
  libx264: {
    ...PLAIN,
    options: [
      '-preset',
      'veryfast',
      '-tune',
      'zerolatency',
      '-profile:v',
      'high',
      '-sc_threshold',
      '0',
    ],
  },
  h264_nvenc: {
    ...PLAIN,
    options: ['-preset', 'p4', '-tune', 'll', '-zerolatency', '1', '-bf', '0', '-forced-idr', '1'],
  },
  h264_qsv: {
    ...PLAIN,
    filter: 'format=nv12',
    options: ['-async_depth', '1', '-bf', '0', '-forced_idr', '1'],
  },
  h264_vaapi: {
    device: ['-vaapi_device', '/dev/dri/renderD128'],
    filter: 'format=nv12,hwupload',
    options: ['-bf', '0'],
  },
  h264_videotoolbox: { ...PLAIN, options: ['-realtime', '1', '-bf', '0', '-profile:v', 'high'] },
  h264_v4l2m2m: { ...PLAIN, options: [] },
}

/** @returns What an encoder needs; `auto` is libx264, which is everywhere. */
export function encoderOf(name: string): Encoder & { readonly name: string } {
  const real = name === 'auto' ? 'libx264' : name
  return { name: real, ...(ENCODERS[real] ?? PLAIN) }
}
