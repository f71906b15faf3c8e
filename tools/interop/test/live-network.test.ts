import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import {
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
  streamCommand,
} from '@hksv/hap'
import { type AccessoryClient, characteristicOf, LiveView } from '@hksv/hub'
import { describe, expect, onTestFinished, test } from 'vitest'

import { following, pictures, sampleHashes, stage } from './support/live-stage.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

const suites = ['AES_CM_128_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80', 'none'] as const

test.each(suites)('a view with %s is what the source has', async srtp => {
  const { client } = await stage({ liveSuites: suites })
  const view = await LiveView.open(client, { srtp })
  expect(view.choice.suite).toBe(srtp)
  const seen = await pictures(view, 20)
  expect(seen).toEqual(following(await sampleHashes(), seen[0], 20))
  expect(view.report().video).toMatchObject({ lost: 0, dropped: 0 })
})

test('four look at once, a fifth is told why not', async () => {
  const { connect, camera, events } = await stage({ streamCount: 4 })
  const clients = await Promise.all(Array.from({ length: 5 }, connect))
  const [last, ...first] = clients
  const views = await Promise.all(first.map(client => LiveView.open(client)))
  expect(camera.state.viewers).toHaveLength(4)
  await expect(LiveView.open(last as AccessoryClient)).rejects.toMatchObject({
    code: 'HUB_LIVE_BUSY',
  })
  const all = await sampleHashes()
  for (const seen of await Promise.all(views.map(view => pictures(view, 30)))) {
    expect(seen).toEqual(following(all, seen[0], 30))
  }
  expect(events.filter(({ event }) => event === 'stream-stopped')).toHaveLength(4)
})

test('viewers that vanish leave nothing behind', async () => {
  const { connect, camera, events } = await stage()
  const sockets = () => process.getActiveResourcesInfo().filter(name => name === 'UDPWRAP').length
  const before = sockets()
  for (let i = 0; i < 10; i++) {
    const client = await connect()
    const view = await LiveView.open(client)
    await view[Symbol.asyncIterator]().next()
    client.close()
    await expect.poll(() => camera.state.viewers).toEqual([])
  }
  const reasons = events.flatMap(each => (each.event === 'stream-stopped' ? [each.reason] : []))
  expect(reasons).toEqual(Array.from({ length: 10 }, () => 'connection-lost'))
  await expect.poll(sockets).toBe(before)
})

/** A UDP port, and the next one, that nobody has. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port % 2 === 0 ? port : await freePort()
}

describe.runIf(hasFfmpeg)('ffmpeg as the viewer', () => {
  const sealing = {
    cryptoSuite: 0,
    masterKey: Buffer.alloc(16, 1),
    masterSalt: Buffer.alloc(14, 2),
  }
  const sample = fileURLToPath(
    new URL('../../../packages/media/assets/sample.mp4', import.meta.url),
  )

  /** Hashes of decoded pictures. */
  const hashesOf = (text: string) =>
    text
      .split('\n')
      .filter(line => /^0,/.test(line))
      .map(line => line.split(',').at(-1)?.trim() ?? '')

  test('decodes what the camera sends, picture by picture', async () => {
    const { client, directory } = await stage()
    const service = client.database.service('cameraRtpStreamManagement')
    const [setup, selected] = [
      characteristicOf(service, 'setupEndpoints'),
      characteristicOf(service, 'selectedRtpStreamConfiguration'),
    ]
    const sessionId = Buffer.alloc(16, 3)
    const port = await freePort()
    const controllerAddress = { version: 0, address: '127.0.0.1', videoPort: port, audioPort: port }
    const request = { sessionId, controllerAddress, videoSealing: sealing, audioSealing: sealing }
    await client.write(setup, Buffer.from(setupEndpointsRequest.encode(request)).toString('base64'))
    const [reading] = await client.read([setup])
    const answer = setupEndpointsResponse.decode(Buffer.from(String(reading?.value), 'base64'))
    const { masterKey = [], masterSalt = [] } = answer.videoSealing ?? {}
    const key = Buffer.concat([Buffer.from(masterKey), Buffer.from(masterSalt)]).toString('base64')
    const sdp = join(directory, 'camera.sdp')
    writeFileSync(
      sdp,
      [
        'v=0',
        'o=- 0 0 IN IP4 127.0.0.1',
        's=camera',
        'c=IN IP4 127.0.0.1',
        't=0 0',
        `m=video ${port} RTP/SAVP 99`,
        'a=rtpmap:99 H264/90000',
        'a=fmtp:99 packetization-mode=1',
        `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`,
        '',
      ].join('\r\n'),
    )
    const input = ['-protocol_whitelist', 'file,udp,rtp,srtp', '-i', sdp]
    const output = ['-frames:v', '60', '-fps_mode', 'passthrough', '-f', 'framemd5', '-']
    const viewer = spawn('ffmpeg', ['-v', 'error', '-xerror', ...input, ...output])
    onTestFinished(() => void viewer.kill('SIGKILL'))
    const collected = { stdout: '', stderr: '' }
    viewer.stdout.on('data', text => (collected.stdout += String(text)))
    viewer.stderr.on('data', text => (collected.stderr += String(text)))
    const bound = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
    await expect.poll(() => readFileSync('/proc/net/udp', 'utf8')).toContain(bound)
    const start = selectedRtpStreamConfiguration.encode({
      control: { sessionId, command: streamCommand.start },
      video: {
        codec: 0,
        parameters: { profile: 1, level: 2, packetizationMode: 0 },
        attributes: { width: 1280, height: 720, frameRate: 30 },
        rtp: { payloadType: 99, ssrc: 1, maxBitRateKbps: 2000, minRtcpIntervalSeconds: 0.5 },
      },
    })
    await client.write(selected, Buffer.from(start).toString('base64'))
    const [code] = await once(viewer, 'close')
    expect({ code, stderr: collected.stderr }).toEqual({ code: 0, stderr: '' })
    const seen = hashesOf(collected.stdout)
    const whole = spawnSync('ffmpeg', ['-v', 'error', '-i', sample, '-an', '-f', 'framemd5', '-'], {
      encoding: 'utf8',
    })
    expect(seen).toHaveLength(60)
    expect(seen).toEqual(following(hashesOf(whole.stdout), seen[0], 60))
  }, 30_000)
})
