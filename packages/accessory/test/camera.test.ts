import { join } from 'node:path'

import type { CameraEvent } from '@hksv/accessory'
import { type MediaSource, type PictureSize, systemClock } from '@hksv/media'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'

import { Camera } from '../src/camera/camera.ts'
import { SettingsStore } from '../src/camera/camera-settings.ts'
import { recordingOffer } from '../src/camera/recording-offer.ts'
import { cameraSchema } from '../src/storage/schemas.ts'
import { StateFile } from '../src/storage/state-file.ts'
import { temporaryDirectory } from './support/directory.ts'
import { HandSource } from './support/hand-source.ts'
import { pass, settled, virtualTime } from './support/virtual-hub.ts'

/** A picture that somebody waits for. */
interface Asked extends PictureSize {
  give(jpeg: Uint8Array): void
  refuse(error: Error): void
}

/** A camera in virtual time, whose pictures are given by the test. */
async function camera() {
  virtualTime()
  const { description } = await HandSource.open()
  const asked: Asked[] = []
  const source: MediaSource = {
    description,
    warnings: [],
    samples: () => (async function* () {})(),
    snapshot: (size, signal) =>
      new Promise((give, refuse) => {
        signal.addEventListener('abort', () => refuse(signal.reason))
        asked.push({ ...size, give, refuse })
      }),
    [Symbol.asyncDispose]: async () => undefined,
  }
  const file = new StateFile(join(await temporaryDirectory(), 'camera.json'), cameraSchema)
  const settings = await SettingsStore.open(file, undefined, {
    isPaired: true,
    streamCount: 1,
    offerHash: '',
  })
  const events: CameraEvent[] = []
  const reported: boolean[] = []
  const made = new Camera({
    source,
    settings,
    offer: recordingOffer(description, { isDoorbell: false }),
    delegate: {},
    liveSound: { talkBack: undefined, ffmpeg: 'ffmpeg' },
    motion: { videoSensitivity: undefined, sensors: [] },
    sensed: () => undefined,
    rang: () => undefined,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    emit: event => events.push(event),
    reportMotion: isDetected => reported.push(isDetected),
    reportOccupancy: () => undefined,
  })
  onTestFinished(() => made.close())
  return { camera: made, asked, events, reported, settings }
}

const jpeg = Uint8Array.of(0xff, 0xd8)

test('takes one picture for all who ask for the same size at the same time', async () => {
  const { camera: one, asked } = await camera()
  const same = Array.from({ length: 10 }, () => one.snapshot(640, 360))
  const other = one.snapshot(1280, 720)
  expect(asked.map(({ width }) => width)).toEqual([640, 1280])
  for (const { give } of asked) give(jpeg)
  expect(await Promise.all([...same, other])).toEqual(Array(11).fill(jpeg))
  void one.snapshot(640, 360)
  expect(asked).toHaveLength(3)
  asked[2]?.give(jpeg)
})

test('waits five seconds for a picture, and asks again the next time', async () => {
  const { camera: one, asked } = await camera()
  for (let time = 0; time < 2; time++) {
    const error = one.snapshot(640, 360).catch((reason: unknown) => reason)
    await pass(4999)
    expect(await Promise.race([error, settled()])).toBeUndefined()
    await pass(1)
    expect(await error).toMatchObject({ code: 'SOURCE_FAILED', hapStatus: -70408 })
  }
  // The slow one is still waited for, for the next who asks.
  expect(asked).toHaveLength(1)
  await pass(10_000)
  void one.snapshot(640, 360).catch(() => undefined)
  expect(asked).toHaveLength(2)
})

test('shows an older picture when the source is slow, or fails, for a minute', async () => {
  const { camera: one, asked } = await camera()
  const first = one.snapshot(640, 360)
  asked[0]?.give(jpeg)
  expect(await first).toEqual(jpeg)
  const slow = one.snapshot(640, 360)
  await pass(1499)
  expect(await Promise.race([slow, settled()])).toBeUndefined()
  await pass(1)
  expect(await slow).toEqual(jpeg)
  asked[1]?.refuse(new Error('unplugged'))
  await settled()
  const failing = one.snapshot(640, 360)
  asked[2]?.refuse(new Error('unplugged'))
  expect(await failing).toEqual(jpeg)
  await pass(58_501)
  const late = one.snapshot(640, 360).catch((error: unknown) => error)
  asked[3]?.refuse(new Error('unplugged'))
  expect(await late).toMatchObject({ code: 'SOURCE_FAILED' })
})

test('a picture that came too late for who asked is there for the next', async () => {
  const { camera: one, asked } = await camera()
  const error = one.snapshot(640, 360).catch((reason: unknown) => reason)
  await pass(5000)
  expect(await error).toMatchObject({ code: 'SOURCE_FAILED' })
  await pass(2000)
  asked[0]?.give(jpeg)
  await settled()
  const next = one.snapshot(640, 360)
  expect(asked).toHaveLength(2)
  await pass(1500)
  expect(await next).toEqual(jpeg)
})

test('shows nothing from before it was switched off', async () => {
  const { camera: one, asked, settings } = await camera()
  const first = one.snapshot(640, 360)
  asked[0]?.give(jpeg)
  await first
  const underWay = one.snapshot(1280, 720).catch((error: unknown) => error)
  await settings.change({ isManuallyDisabled: true })
  expect(await underWay).toMatchObject({ code: 'SOURCE_FAILED' })
  await settings.change({ isManuallyDisabled: false })
  const next = one.snapshot(640, 360).catch((error: unknown) => error)
  asked[2]?.refuse(new Error('unplugged'))
  expect(await next).toMatchObject({ code: 'SOURCE_FAILED' })
})

test('says when there is no picture', async () => {
  const { camera: one, asked } = await camera()
  const error = one.snapshot(640, 360).catch((reason: unknown) => reason)
  asked[0]?.refuse(new Error('unplugged'))
  expect(await error).toMatchObject({
    code: 'SOURCE_FAILED',
    hapStatus: undefined,
    cause: { message: 'unplugged' },
  })
})

test('holds motion up until nobody has raised it for as long as was said', async () => {
  const { camera: one, events, reported } = await camera()
  expect(one.raiseMotion(10_000)).toBe(true)
  await pass(9999)
  expect(one.raiseMotion(10_000)).toBe(true)
  await pass(9999)
  expect(reported).toEqual([true])
  await pass(1)
  expect(reported).toEqual([true, false])
  expect(events).toEqual([
    { event: 'motion', isDetected: true },
    { event: 'motion', isDetected: false },
  ])
})

test('sees nothing while it is off, and nothing more when it is switched off', async () => {
  const { camera: one, reported, settings } = await camera()
  one.raiseMotion(10_000)
  await settings.change({ isCameraActive: false })
  expect(reported).toEqual([true, false])
  expect(one.raiseMotion(10_000)).toBe(false)
  await pass(10_000)
  expect(reported).toEqual([true, false])
})

test('tells of a source that breaks off, as long as it is to record', async () => {
  const { settings, events } = await camera()
  await settings.change({ isRecordingActive: true, selectedConfiguration: '' })
  await settled()
  const error = { event: 'error', message: 'The source ended; it is started again.' }
  expect(events).toEqual([{ event: 'armed' }, error])
  await pass(1000)
  expect(events).toEqual([{ event: 'armed' }, error, { ...error, isRepeated: true }])
})
