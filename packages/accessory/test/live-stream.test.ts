import { randomBytes } from 'node:crypto'
import { hapStatus } from '@hksv/hap'
import {
  type Clock,
  lengthPrefixedNalUnits,
  type MediaSource,
  openSource,
  systemClock,
} from '@hksv/media'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'

import { SourceReader } from '../src/camera/source-reader.ts'
import type { Requester } from '../src/database/request-context.ts'
import type { StreamReport } from '../src/live/live-stream.ts'
import { StreamService } from '../src/live/stream-service.ts'
import { LiveSound } from '../src/live-audio/live-sound.ts'
import { Mailbox } from './client.ts'
import { instanceIds, pairedStage } from './support/camera.ts'
import { LiveViewer, parseAnswer } from './support/live-viewer.ts'
import { StepClock } from './support/step-clock.ts'

const log = pino({ level: 'silent' })

function connection(localAddress = '127.0.0.1') {
  const closed = new AbortController()
  const requester: Requester = {
    controllerId: 'phone',
    sharedSecret: new Uint8Array(32),
    localAddress,
    signal: closed.signal,
  }
  return { requester, close: () => closed.abort() }
}

async function service<C extends Clock>(clock: C, given?: MediaSource) {
  const source = given ?? (await openSource('sample', { clock: new StepClock() }))
  const reader = new SourceReader({ source, log, clock, failed: () => undefined })
  const sound = new LiveSound({ reader, ffmpeg: 'ffmpeg', clock, log })
  const used: boolean[] = []
  const stopped = new Mailbox<StreamReport>()
  const switches = { isAllowed: true }
  const stream = new StreamService({
    reader,
    sound,
    talk: undefined,
    isMicrophoneMuted: () => false,
    log,
    clock,
    random: length => randomBytes(length),
    suites: ['AES_CM_128_HMAC_SHA1_80'],
    isAllowed: () => switches.isAllowed,
    used: isInUse => used.push(isInUse),
    started: () => undefined,
    stopped: report => stopped.push(report),
  })
  onTestFinished(async () => {
    stream.end('closed')
    await sound.close()
    await reader.close()
    await source[Symbol.asyncDispose]()
  })
  return { stream, clock, used, stopped, switches, reader }
}

/** The NAL units of the first pictures of the sample, with what goes before the first one. */
async function expectedUnits(pictures: number): Promise<Buffer[]> {
  await using source = await openSource('sample', { clock: new StepClock() })
  const { video } = source.description
  const units = [...video.sps, ...video.pps]
  const stop = new AbortController()
  let count = 0
  for await (const sample of source.samples(stop.signal)) {
    if (sample.track !== 'video') continue
    units.push(...lengthPrefixedNalUnits(Uint8Array.from(sample.data), 4))
    if (++count === pictures) break
  }
  stop.abort()
  return units.map(unit => Buffer.from(unit))
}

const refused = (status: number) => expect.objectContaining({ hapStatus: status })

describe('a live view', () => {
  test.each(['127.0.0.1', '::1'])('is what the source has, over %s', async address => {
    const { stream, used } = await service(systemClock)
    const viewer = await LiveViewer.open(address)
    const { requester } = connection(address)
    await stream.setUp(viewer.setup(), requester)
    const answer = parseAnswer(stream.answerFor(requester))
    expect(answer).toMatchObject({ status: 0, accessoryAddress: { address } })
    stream.select(viewer.start(), requester)
    const expected = await expectedUnits(1)
    expect(await viewer.nalUnits(expected.length, answer)).toEqual(expected)
    expect(stream.viewer).toBe('phone')
    stream.select(viewer.select(0), requester)
    expect(used).toEqual([true, false])
    expect(stream.viewer).toBeUndefined()
  })

  test('begins with the newest key frame of a source that is read already', async () => {
    const { stream, reader, clock } = await service(new StepClock())
    const read = new Mailbox<true>()
    const stop = reader.listen({
      began: () => undefined,
      sample: ({ track }) => void (track === 'video' && read.push(true)),
      ended: () => undefined,
    })
    await read.next()
    const viewer = await LiveViewer.open()
    const { requester } = connection()
    await stream.setUp(viewer.setup(), requester)
    stream.select(viewer.start(), requester)
    const answer = parseAnswer(stream.answerFor(requester))
    const expected = await expectedUnits(1)
    const units = viewer.nalUnits(expected.length, answer)
    await clock.advance(100)
    expect(await units).toEqual(expected)
    stop()
  })

  test('is given up when it is not started within 10 s', async () => {
    const { stream, clock, used } = await service(new StepClock())
    const viewer = await LiveViewer.open()
    const { requester } = connection()
    await stream.setUp(viewer.setup(), requester)
    await clock.advance(9999)
    expect(used).toEqual([true])
    // Nobody sleeps after that.
    void clock.advance(1)
    await expect.poll(() => used).toEqual([true, false])
    expect(() => stream.select(viewer.start(), requester)).toThrow(refused(hapStatus.invalidValue))
  })

  test('ends after 30 s without a word of the viewer', async () => {
    const { stream, clock, stopped } = await service(new StepClock())
    const viewer = await LiveViewer.open()
    const { requester } = connection()
    await stream.setUp(viewer.setup(), requester)
    stream.select(viewer.start(), requester)
    void clock.advance(30_000)
    expect(await stopped.next()).toMatchObject({
      reason: 'viewer-silent',
      durationMs: 30_000,
      viewer: undefined,
    })
  })

  test('ends with its connection', async () => {
    const { stream, stopped } = await service(new StepClock())
    const viewer = await LiveViewer.open()
    const { requester, close } = connection()
    await stream.setUp(viewer.setup(), requester)
    stream.select(viewer.start(), requester)
    close()
    expect(await stopped.next()).toMatchObject({ reason: 'connection-lost' })
  })

  test('sends nothing more to who took their leave, and is ended by them all the same', async () => {
    const source = await openSource('sample')
    const { stream, stopped, used } = await service(systemClock, source)
    const viewer = await LiveViewer.open()
    const { requester } = connection()
    await stream.setUp(viewer.setup(), requester)
    stream.select(viewer.start(), requester)
    await viewer.datagrams.next()
    // An empty receiver report and a BYE, of SSRC 7.
    const goodbye = Uint8Array.of(0x80, 0xc9, 0, 1, 0, 0, 0, 7, 0x81, 0xcb, 0, 1, 0, 0, 0, 7)
    viewer.report(goodbye, parseAnswer(stream.answerFor(requester)))
    // The sample goes on for ever: only who is not sent any more hears nothing for as long as this.
    await expect.poll(() => viewer.isQuiet(500), { timeout: 5000 }).toBe(true)
    expect(used).toEqual([true])
    stream.select(viewer.select(0), requester)
    expect(await stopped.next()).toMatchObject({ reason: 'controller' })
  })

  test('is busy for others, and set up anew by the same connection', async () => {
    const { stream } = await service(new StepClock())
    const [viewer, other] = [await LiveViewer.open(), await LiveViewer.open()]
    const [one, two] = [connection(), connection()]
    await stream.setUp(viewer.setup(), one.requester)
    await stream.setUp(other.setup(), two.requester)
    expect(parseAnswer(stream.answerFor(two.requester))).toEqual({
      sessionId: other.sessionId,
      status: 1,
    })
    expect(() => stream.select(other.start(), two.requester)).toThrow(
      refused(hapStatus.invalidValue),
    )
    await stream.setUp(other.setup(), one.requester)
    expect(parseAnswer(stream.answerFor(one.requester))).toMatchObject({
      sessionId: other.sessionId,
      status: 0,
    })
  })

  test('shows nothing of H.265, which nobody could decode', async () => {
    const sample = await openSource('sample', { clock: new StepClock() })
    const { level, profile, ...rest } = sample.description.video
    const video = { ...rest, codec: 'h265', level, profile, vps: [] } as const
    const source: MediaSource = {
      description: { ...sample.description, video },
      warnings: [],
      samples: signal => sample.samples(signal),
      snapshot: () => Promise.reject(new Error('no pictures')),
      [Symbol.asyncDispose]: () => sample[Symbol.asyncDispose](),
    }
    const { stream, stopped, reader } = await service(new StepClock(), source)
    const viewer = await LiveViewer.open()
    const { requester } = connection()
    await stream.setUp(viewer.setup(), requester)
    stream.select(viewer.start(), requester)
    const seen = new Mailbox<true>()
    const stop = reader.listen({
      began: () => undefined,
      sample: ({ track }) => void (track === 'video' && seen.push(true)),
      ended: () => undefined,
    })
    await seen.next()
    stop()
    stream.select(viewer.select(0), requester)
    expect(await stopped.next()).toMatchObject({ reason: 'controller', packets: 0 })
  })

  test('is refused where it cannot be', async () => {
    const { stream, switches } = await service(new StepClock())
    const viewer = await LiveViewer.open()
    const { requester } = connection()
    const shortKey = viewer.setup({ masterKey: new Uint8Array(15) })
    await expect(stream.setUp(shortKey, requester)).rejects.toEqual(refused(hapStatus.invalidValue))
    await expect(stream.setUp('AQEA', requester)).rejects.toEqual(refused(hapStatus.invalidValue))
    const other = connection('::1')
    await stream.setUp(viewer.setup(), other.requester)
    expect(parseAnswer(stream.answerFor(other.requester)).status).toBe(2)
    await stream.setUp(viewer.setup(), requester)
    for (const command of [1, 2, 3, 4, 9]) {
      expect(() => stream.select(viewer.select(command), requester)).toThrow(
        refused(hapStatus.invalidValue),
      )
    }
    const sound = {
      codec: 2,
      parameters: { channels: 1, bitRateMode: 0, sampleRate: 1, packetTimeMs: 30 },
      rtp: { payloadType: 110, ssrc: 8, maxBitRateKbps: 24, minRtcpIntervalSeconds: 5 },
    }
    expect(() => stream.select(viewer.start(sound), requester)).toThrow(
      refused(hapStatus.invalidValue),
    )
    switches.isAllowed = false
    const status = refused(hapStatus.notAllowedInCurrentState)
    await expect(stream.setUp(viewer.setup(), requester)).rejects.toEqual(status)
    expect(() => stream.select(viewer.select(0), requester)).toThrow(status)
  })
})

test('a camera streams to whoever writes 118 and 117', async () => {
  const { camera, client, events } = await pairedStage()
  const iid = await instanceIds(client)
  const setup = iid('cameraRtpStreamManagement', 'setupEndpoints')
  const select = iid('cameraRtpStreamManagement', 'selectedRtpStreamConfiguration')
  const viewer = await LiveViewer.open()
  const put = (id: number, value: string | number) =>
    client.request('PUT', '/characteristics', { characteristics: [{ aid: 1, iid: id, value }] })
  const get = async (id: number) => {
    const read = await client.json('GET', `/characteristics?id=1.${id}`)
    return (read as { characteristics: [{ value: string }] }).characteristics[0].value
  }
  const status = iid('cameraRtpStreamManagement', 'streamingStatus')
  expect(await get(setup)).toBe('')
  expect(await get(status)).toBe('AQEA')
  expect((await put(setup, viewer.setup())).status).toBe(204)
  expect(await get(status)).toBe('AQEB')
  const answer = parseAnswer(await get(setup))
  expect((await put(select, viewer.start())).status).toBe(204)
  const expected = await expectedUnits(1)
  expect(await viewer.nalUnits(expected.length, answer)).toEqual(expected)
  expect(camera.state.viewers).toHaveLength(1)
  expect((await put(iid('cameraOperatingMode', 'homeKitCameraActive'), 0)).status).toBe(204)
  for (let event = await events.next(); ; event = await events.next()) {
    if (event.event !== 'stream-stopped') continue
    expect(event).toMatchObject({ reason: 'not-allowed' })
    break
  }
  expect(await get(status)).toBe('AQEA')
  expect((await put(setup, viewer.setup())).status).toBe(207)
})
