import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { chooseProvider } from '@hksv/crypto/node'
import { readMovie } from '@hksv/fmp4'
import { AccessoryClient, ControllerStore, LiveView, pair } from '@hksv/hub'
import { lengthPrefixedNalUnits } from '@hksv/media'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { Peer } from './peer.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

const SETUP_CODE = '031-45-154'
const bin = fileURLToPath(new URL('../../../packages/cli/dist/bin.js', import.meta.url))
const crypto = chooseProvider()

let directory = ''
let source = ''
let peer: Peer
let client: AccessoryClient

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-live-peer-'))
  peer = new Peer('hap-nodejs-camera.mjs', [join(directory, 'peer'), SETUP_CODE])
  const { port } = await peer.event('listening')
  const store = await ControllerStore.open(join(directory, 'hub'), crypto)
  const where = { host: '127.0.0.1', port: Number(port) }
  const accessory = await pair({ store, crypto, ...where, setupCode: SETUP_CODE })
  client = await AccessoryClient.connect({ store, crypto, accessory })
  source = join(directory, 'source.mp4')
  if (!hasFfmpeg) return
  const picture = ['-f', 'lavfi', '-i', 'testsrc=size=640x360:rate=25:duration=8']
  const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25']
  execFileSync('ffmpeg', ['-v', 'error', ...picture, ...encoding, '-pix_fmt', 'yuv420p', source])
}, 60_000)

afterAll(() => {
  client?.close()
  peer?.stop()
  rmSync(directory, { recursive: true, force: true })
})

/** Hash of the slices of a picture: around them, ffmpeg puts parameter sets and SEI. */
function slices(data: Uint8Array): string {
  const sum = createHash('sha256')
  for (const unit of lengthPrefixedNalUnits(data, 4))
    if (((unit[0] ?? 0) & 0x1f) <= 5) sum.update(unit)
  return sum.digest('hex')
}

function sourceHashes(): string[] {
  const bytes = new Uint8Array(readFileSync(source))
  const { offsets = [], sizes = [] } = readMovie(bytes).tracks[0]?.samples ?? {}
  return [...offsets].map((at, i) => slices(bytes.subarray(at, at + (sizes[i] ?? 0))))
}

test('a camera that cannot prepare is told of in one sentence', async () => {
  await expect(LiveView.open(client)).rejects.toMatchObject({ code: 'HUB_LIVE_REFUSED' })
})

describe.runIf(hasFfmpeg)('with ffmpeg behind it', () => {
  test('what is seen is what ffmpeg read, and it is told what was selected', async () => {
    await peer.tell({ live: { file: source } })
    const from = peer.events.length
    const view = await LiveView.open(client, { bitRateKbps: 500 })
    expect(await peer.event('stream', from)).toMatchObject({
      type: 'start',
      video: { width: 1280, height: 720, fps: 30, pt: 99, max_bit_rate: 500, mtu: 1378 },
    })
    const seen: string[] = []
    let isReconfigured = false
    for await (const { track, data } of view) {
      if (track !== 'video') continue
      seen.push(slices(data))
      if (seen.length === 10) {
        await view.reconfigure({ bitRateKbps: 132 })
        isReconfigured = true
      }
      if (seen.length === 60) break
    }
    expect(seen).toEqual(sourceHashes().slice(0, 60))
    expect(isReconfigured).toBe(true)
    const asked = peer.events.slice(from).filter(({ event }) => event === 'stream')
    expect(asked.map(({ type }) => type)).toEqual(['start', 'reconfigure', 'stop'])
    expect(asked[1]).toMatchObject({ video: { max_bit_rate: 132 } })
    const { video, isGood } = view.report()
    expect(video.findings.filter(({ level }) => level === 'must')).toEqual([])
    expect(isGood).toBe(true)
    // ffmpeg reports every five seconds, whatever was negotiated.
    expect(video.findings.map(({ rule }) => rule)).toContain('sender-reports')
  }, 30_000)

  test('it does not know how to suspend, which ends nothing', async () => {
    await using view = await LiveView.open(client)
    await expect(view.suspend()).rejects.toMatchObject({ code: 'HUB_LIVE_REFUSED', status: -70410 })
    expect(view.end).toBeUndefined()
  })

  test('two look at once, and a third is told why not', async () => {
    await using one = await LiveView.open(client)
    await using two = await LiveView.open(client)
    await expect(LiveView.open(client)).rejects.toMatchObject({ code: 'HUB_LIVE_BUSY' })
    expect([one.end, two.end]).toEqual([undefined, undefined])
  })

  const faults = [
    ['ssrc-announced', { options: ['-ssrc', '7'] }],
    ['payload-type-negotiated', { options: ['-payload_type', '97'] }],
    ['datagram-in-mtu', { packetSize: 1450 }],
    ['parameter-sets-first', { options: ['-bsf:v', 'null'] }],
  ] as const
  test.each(faults)(
    '%s is a must: hksv hub live ends with 1 and says so',
    async (rule, fault) => {
      await peer.tell({ live: { file: source, ...fault } })
      const args = ['hub', 'live', '--store', join(directory, 'hub'), '--duration', '3', '--json']
      const child = spawn(process.execPath, [bin, ...args])
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
      child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
      const code = await new Promise(resolve => child.on('close', resolve))
      expect(stderr).toContain(`The stream broke what it has to keep to: ${rule}`)
      expect(code).toBe(1)
      const ended = stdout.split('\n').find(line => line.includes('"ended"')) ?? '{}'
      expect(JSON.parse(ended)).toMatchObject({ event: 'ended', isGood: false })
    },
    20_000,
  )
})
