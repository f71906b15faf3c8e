import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { chooseProvider } from '@hksv/crypto/node'
import {
  AccessoryClient,
  arm,
  ControllerStore,
  characteristicOf,
  disarm,
  pair,
  Recording,
  recordClip,
} from '@hksv/hub'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { hapNodejs, Peer } from './peer.ts'
import { samplePackets } from './support/sample-packets.ts'

const SETUP_CODE = '031-45-154'
const crypto = chooseProvider()

describe.each(hapNodejs)('%s', (name, execPath) => {
  let directory = ''
  let peer: Peer
  let store: ControllerStore
  let client: AccessoryClient

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'hksv-hap-nodejs-'))
    peer = new Peer('hap-nodejs-camera.mjs', [join(directory, 'peer'), SETUP_CODE, name], execPath)
    const { port } = await peer.event('listening')
    store = await ControllerStore.open(join(directory, 'hub'), crypto)
    const where = { host: '127.0.0.1', port: Number(port) }
    const wrong = pair({ store, crypto, ...where, setupCode: '031-45-155' })
    await expect(wrong).rejects.toMatchObject({ code: 'HUB_WRONG_CODE' })
    const accessory = await pair({ store, crypto, ...where, setupCode: SETUP_CODE })
    await peer.event('paired')
    client = await AccessoryClient.connect({ store, crypto, accessory })
  }, 30_000)

  afterAll(() => {
    client?.close()
    peer?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const base64 = (packets: readonly Uint8Array[]) =>
    packets.map(packet => Buffer.from(packet).toString('base64'))

  test('the database is read, and a camera found in it', async () => {
    const names = client.database.services.map(({ name }) => name)
    expect(names).toContain('cameraEventRecordingManagement')
    expect(names).toContain('dataStreamTransportManagement')
    const jpeg = await client.snapshot({ width: 640, height: 360, reason: 1 })
    expect([...jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8])
  })

  test('an unarmed camera refuses to record, and says why', async () => {
    await expect(Recording.open(client)).rejects.toMatchObject({
      code: 'HUB_RECORDING_REFUSED',
      message: expect.stringContaining('not armed'),
    })
  })

  test('arming writes what the camera understands, timed where it asks for it', async () => {
    const selected = await arm(client)
    const { configuration } = await peer.event('configuration')
    expect(configuration).toMatchObject({
      prebufferLength: 4000,
      mediaContainerConfiguration: { fragmentLength: 4000 },
      videoCodec: {
        parameters: { bitRate: 2000, iFrameInterval: 4000 },
        resolution: [1920, 1080, 30],
      },
      audioCodec: { samplerate: 3, bitrate: 64 },
    })
    expect(selected.video.attributes).toEqual({ width: 1920, height: 1080, frameRate: 30 })
    expect(await peer.event('recording-active')).toMatchObject({ isActive: true })
    const recording = client.database.service('cameraEventRecordingManagement')
    const audio = characteristicOf(recording, 'recordingAudioActive')
    expect(audio.perms).toContain('tw')
    expect(await client.read([audio])).toMatchObject([{ value: 1 }])
  })

  test('motion starts a clip whose bytes are those that the delegate sent', async () => {
    const packets = await samplePackets(3)
    await peer.tell({ packets: base64(packets) })
    const path = join(directory, 'clip.mp4')
    const report = await recordClip({
      client,
      path,
      durationMs: 60_000,
      onProgress({ step }) {
        if (step === 'waiting') void peer.tell({ motion: true })
      },
    })
    await peer.tell({ motion: false })
    expect(report).toMatchObject({ isComplete: true, endedBy: 'camera', reason: 'endOfStream' })
    expect(report.findings).toEqual([])
    expect(report.fragments).toHaveLength(3)
    expect(report.beforeMotionMs).toBeGreaterThan(0)
    expect(readFileSync(path).equals(Buffer.concat(packets))).toBe(true)
    // It heard that the hub took everything.
    await peer.event('acknowledged')
  }, 20_000)

  test('fragments of every size and number arrive as they were sent', async () => {
    const from = peer.events.length
    const sizes = [
      1143,
      2 * 0x40000,
      0x40000,
      0x40000 + 1,
      371_381,
      33,
      // Beyond the numbers that a byte of OPACK holds.
      ...Array.from({ length: 60 }, (_, i) => 100 + i),
    ]
    const packets = sizes.map((size, i) => Buffer.alloc(size, i + 1))
    await peer.tell({ packets: base64(packets) })
    const recording = await Recording.open(client)
    const received: { sequence: number; chunks: number; data: Buffer }[] = []
    for await (const { sequence, chunks, data } of recording) {
      received.push({ sequence, chunks, data: Buffer.from(data) })
    }
    expect(recording.end).toEqual({ by: 'camera', reason: 'endOfStream', isComplete: true })
    expect(received.map(({ sequence }) => sequence)).toEqual(sizes.map((_, i) => i + 1))
    expect(received.map(({ chunks }) => chunks)).toEqual(
      sizes.map(size => Math.ceil(size / 0x40000)),
    )
    expect(received.every(({ data }, i) => data.equals(packets[i] ?? Buffer.alloc(0)))).toBe(true)
    await peer.event('acknowledged', from)
  }, 20_000)

  test('a hub that closes in the middle is understood', async () => {
    const from = peer.events.length
    await peer.tell({ packets: base64(Array.from({ length: 200 }, () => Buffer.alloc(50_000, 7))) })
    const recording = await Recording.open(client)
    let fragments = 0
    for await (const { dataType } of recording) {
      if (dataType === 'mediaFragment' && ++fragments === 3) break
    }
    expect(recording.end).toEqual({ by: 'hub', reason: 'normal', isComplete: true })
    expect(await peer.event('closed', from)).toMatchObject({ reason: 0 })
  }, 20_000)

  test('a camera that just stops is given up, and its fragments are kept', async () => {
    const packets = await samplePackets(1)
    await peer.tell({ packets: base64(packets), endsWithoutLast: true })
    const path = join(directory, 'stopped.mp4')
    const report = await recordClip({ client, path, durationMs: 60_000, isNow: true })
    expect(report).toMatchObject({ isComplete: false, fragments: [{ videoSamples: 120 }] })
    expect(readFileSync(path).equals(Buffer.concat(packets))).toBe(true)
    expect(readdirSync(directory)).not.toContain('stopped.mp4.part')
    await peer.tell({ endsWithoutLast: false })
  }, 30_000)

  test('disarmed, it refuses again; unpaired, it does not know us', async () => {
    await disarm(client)
    await expect(Recording.open(client)).rejects.toMatchObject({ code: 'HUB_RECORDING_REFUSED' })
    const { accessory } = client
    await client.unpair()
    expect(await store.accessories()).toEqual([])
    await expect(AccessoryClient.connect({ store, crypto, accessory })).rejects.toMatchObject({
      code: 'HUB_NOT_PAIRED',
    })
  })
})
