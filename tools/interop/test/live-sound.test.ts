import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startCamera } from '@hksv/accessory'
import { nodeProvider } from '@hksv/crypto/node'
import {
  AccessoryClient,
  ControllerStore,
  characteristicOf,
  type LiveSample,
  LiveView,
  pair,
} from '@hksv/hub'
import { OggOpusReader, OggOpusWriter, openSource, type TalkBack } from '@hksv/media'
import { describe, expect, onTestFinished, test } from 'vitest'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const FRAME_SAMPLES = 320

function ffmpeg(args: readonly string[], input?: Uint8Array): Buffer {
  const options = { maxBuffer: 2 ** 26, ...(input !== undefined && { input }) }
  return execFileSync('ffmpeg', ['-v', 'error', ...args], options)
}

const tone = (hertz: number) => `aevalsrc=0.25*sin(2*PI*${hertz}*t):s=16000:d=4`

/** Packets of 20 ms of a tone. */
function opusTone(hertz: number): Uint8Array[] {
  const opus = ['-c:a', 'libopus', '-frame_duration', '20', '-f', 'ogg', 'pipe:1']
  const ogg = ffmpeg(['-f', 'lavfi', '-i', tone(hertz), ...opus])
  return new OggOpusReader().receive(ogg).map(packet => new Uint8Array(packet))
}

/** @returns Samples of 16 bits at 16 kHz. */
function decoded(packets: readonly Uint8Array[]): Int16Array {
  const ogg = new OggOpusWriter({ sampleRate: 16_000, channels: 1 })
  // A page counts samples of 48 kHz, whatever is in it.
  const pages = packets.map(packet => ogg.page(packet, 960))
  const output = ['-ac', '1', '-ar', '16000', '-f', 's16le', 'pipe:1']
  return samplesOf(
    ffmpeg(['-f', 'ogg', '-i', 'pipe:0', ...output], Buffer.concat([ogg.header(), ...pages])),
  )
}

function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(new Uint8Array(bytes).buffer)
}

/** @returns How strong a frequency is in samples at 16 kHz, as the amplitude of a sine wave. */
function amplitude(samples: Int16Array, hertz: number): number {
  let [re, im] = [0, 0]
  for (const [i, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hertz * i) / 16_000
    re += (sample / 32_768) * Math.cos(angle)
    im += (sample / 32_768) * Math.sin(angle)
  }
  return (2 * Math.hypot(re, im)) / samples.length
}

/** A camera whose sound is a tone of 1 kHz, and a hub that has paired with it. */
async function stage(talkBack?: TalkBack): Promise<AccessoryClient> {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-sound-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'tone.mp4')
  const video = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=15:duration=4']
  const codecs = ['-c:v', 'libx264', '-bf', '0', '-g', '15', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  ffmpeg([...video, '-f', 'lavfi', '-i', tone(1000), ...codecs, path])
  const source = await openSource(path)
  onTestFinished(() => source[Symbol.asyncDispose]())
  const camera = await startCamera({
    ...{ name: 'Porch', host: '127.0.0.1', mdns: false, log: silent, source },
    ...(talkBack !== undefined && { talkBack }),
    storage: join(directory, 'camera'),
  })
  onTestFinished(() => camera.close())
  const store = await ControllerStore.open(join(directory, 'hub'), nodeProvider)
  const { port, setupCode = '' } = camera.info
  const accessory = await pair({ store, host: '127.0.0.1', port, setupCode })
  const client = await AccessoryClient.connect({ store, accessory })
  onTestFinished(() => client.close())
  return client
}

/** Takes packets of sound until there are so many. */
async function sounds(view: AsyncIterable<LiveSample>, count: number): Promise<LiveSample[]> {
  const heard: LiveSample[] = []
  for await (const sample of view) {
    if (sample.track === 'audio') heard.push(sample)
    if (heard.length === count) break
  }
  return heard
}

/** A loudspeaker that keeps what it plays. */
function loudspeaker() {
  const played: Uint8Array[] = []
  let isOver = false
  const talkBack: TalkBack = {
    format: { encoding: 's16le', sampleRate: 16_000 },
    async play(speech) {
      for await (const piece of speech) played.push(piece)
      isOver = true
    },
  }
  const samples = () => samplesOf(Buffer.concat(played))
  return { talkBack, samples, isOver: () => isOver }
}

describe.skipIf(!hasFfmpeg)('the sound of a live view', () => {
  test('is the tone that the camera hears, a packet every 20 ms', async () => {
    const client = await stage()
    const view = await LiveView.open(client)
    const heard = await sounds(view, 75)
    const steps = heard
      .slice(1)
      .map(({ decodeTime }, i) => decodeTime - (heard[i]?.decodeTime ?? 0))
    const { sampleRate = 0, packetTimeMs = 0 } = view.choice.audio ?? {}
    expect(new Set(steps)).toEqual(new Set([(sampleRate * packetTimeMs) / 1000]))
    const samples = decoded(heard.map(({ data }) => data)).subarray(8000)
    expect(amplitude(samples, 1000)).toBeCloseTo(0.25, 1)
    expect(amplitude(samples, 2000)).toBeLessThan(0.01)
    expect(view.report().audio?.findings).toEqual([])
  })

  test('is not sent while the microphone is muted', async () => {
    const client = await stage()
    const microphone = client.database.service('microphone')
    await client.write(characteristicOf(microphone, 'mute'), true)
    const view = await LiveView.open(client)
    let shown = 0
    for await (const { track } of view) {
      expect(track).toBe('video')
      if (++shown === 30) break
    }
  })

  test('of the viewer is played by the camera, as long as nobody mutes it', async () => {
    const { talkBack, samples, isOver } = loudspeaker()
    const client = await stage(talkBack)
    const view = await LiveView.open(client)
    const packets = opusTone(440)
    for (const [i, data] of packets.entries()) view.speak({ decodeTime: i * FRAME_SAMPLES, data })
    await expect.poll(() => samples().length).toBeGreaterThan(24_000)
    const said = samples().subarray(8000, 24_000)
    expect(amplitude(said, 440)).toBeGreaterThan(0.2)
    expect(amplitude(said, 1000)).toBeLessThan(0.01)
    await view.close()
    await expect.poll(isOver).toBe(true)
  })

  test('of the viewer is not played by a muted speaker', async () => {
    const { talkBack, samples } = loudspeaker()
    const client = await stage(talkBack)
    await client.write(characteristicOf(client.database.service('speaker'), 'mute'), true)
    const view = await LiveView.open(client)
    const [data = new Uint8Array()] = opusTone(440)
    for (let i = 0; i < 20; i++) view.speak({ decodeTime: i * FRAME_SAMPLES, data })
    // What was said before a picture that came later has arrived.
    await sounds(view, 20)
    expect(samples()).toHaveLength(0)
  })
})
