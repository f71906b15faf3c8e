import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { OggOpusReader, OggOpusWriter, parseOpusPacket } from '@hksv/media'

const maxBuffer = 2 ** 26

/** What of a tone is made. */
export interface Tone {
  readonly hertz?: number
  readonly seconds?: number
  readonly sampleRate?: number
  readonly channels?: number
  /** Nothing is heard before. */
  readonly startS?: number
}

/** Options of ffmpeg that make a tone with an amplitude of 1/4. */
export function toneInput(tone: Tone = {}): string[] {
  const { hertz = 1000, seconds = 2, sampleRate = 16_000, channels = 1, startS = 0 } = tone
  const one = `if(gte(t\\,${startS})\\,0.25*sin(2*PI*${hertz}*t)\\,0)`
  const expressions = new Array<string>(channels).fill(one).join('|')
  const source = `aevalsrc=${expressions}:s=${sampleRate}:d=${seconds}`
  return ['-f', 'lavfi', '-i', source]
}

/** Runs ffmpeg. @returns What it writes. */
export function ffmpegOutput(args: readonly string[], input?: Uint8Array): Uint8Array {
  const options = input === undefined ? { maxBuffer } : { maxBuffer, input }
  return execFileSync('ffmpeg', ['-v', 'error', ...args, 'pipe:1'], options)
}

/** @returns Frames of AAC-LC without their headers. */
export function aacTone(tone: Tone = {}): Uint8Array[] {
  const adts = ffmpegOutput([...toneInput(tone), '-c:a', 'aac', '-b:a', '128k', '-f', 'adts'])
  const frames: Uint8Array[] = []
  for (let at = 0; at < adts.length; ) {
    const view = new DataView(adts.buffer, adts.byteOffset + at)
    const length = (view.getUint32(2) >> 5) & 0x1fff
    frames.push(adts.slice(at + 7, at + length))
    at += length
  }
  return frames
}

/** @returns Payloads of 20 ms of G.711. */
export function g711Tone(codec: 'pcmu' | 'pcma', tone: Tone = {}): Uint8Array[] {
  const format = codec === 'pcmu' ? 'mulaw' : 'alaw'
  const bytes = ffmpegOutput([...toneInput({ sampleRate: 8000, ...tone }), '-f', format])
  return Array.from({ length: Math.floor(bytes.length / 160) }, (_, i) =>
    bytes.slice(160 * i, 160 * (i + 1)),
  )
}

/**
 * @param coding - How libopus codes: `celt` in frames of no more than 20 ms, of which several may be in a
 * packet; `silk` in frames as long as the packet.
 * @returns Packets of Opus.
 */
export function opusTone(
  frameMs: number,
  coding: 'celt' | 'silk',
  { sampleRate = coding === 'celt' ? 48_000 : 16_000, ...tone }: Tone = {},
): Uint8Array[] {
  const options = { celt: ['lowdelay', '32k'], silk: ['voip', '16k'] } as const
  const [application, bitRate] = options[coding]
  const encoder = ['-c:a', 'libopus', '-b:a', bitRate, '-application', application]
  const input = toneInput({ ...tone, sampleRate })
  const ogg = ffmpegOutput([...input, ...encoder, '-frame_duration', `${frameMs}`, '-f', 'ogg'])
  return new OggOpusReader().receive(ogg).map(packet => new Uint8Array(packet))
}

/** Decodes packets of Opus. @returns Samples from -1 to 1 at 48 kHz, mono. */
export function decodeOpus(packets: readonly Uint8Array[]): Float32Array {
  const ogg = new OggOpusWriter({ sampleRate: 16_000, channels: 1 })
  const pages = packets.map(packet => {
    const { frames = [], frameSamples = 0 } = parseOpusPacket(packet) ?? {}
    return ogg.page(packet, frames.length * frameSamples)
  })
  const input = ['-c:a', 'libopus', '-f', 'ogg', '-i', 'pipe:0']
  const all = Buffer.concat([ogg.header(), ...pages])
  return floats(ffmpegOutput([...input, '-ac', '1', '-ar', '48000', '-f', 'f32le'], all))
}

/** @returns Samples of 32-bit floats. */
export function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer)
}

/** @returns How strong a frequency is, as the amplitude of a sine wave. (Goertzel) */
export function amplitude(samples: Float32Array, hertz: number, sampleRate = 48_000): number {
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / sampleRate)
  let [one, two] = [0, 0]
  for (const sample of samples) [one, two] = [sample + turn * one - two, one]
  const power = one * one + two * two - turn * one * two
  return (2 * Math.sqrt(Math.max(0, power))) / samples.length
}

/** @returns Where the first sample is louder than a tenth. */
export function onset(samples: Float32Array): number {
  return samples.findIndex(sample => Math.abs(sample) > 0.1)
}

/** @returns Ids of the children of this process that run a program, as Linux knows them. */
export function childrenNamed(program: string): number[] {
  const ids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')
  return ids
    .filter(id => id !== '')
    .map(Number)
    .filter(id => {
      try {
        return readFileSync(`/proc/${id}/comm`, 'utf8').trim() === program
      } catch {
        return false
      }
    })
}
