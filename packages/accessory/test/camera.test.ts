import { join } from 'node:path'

import type { CameraEvent } from '@hksv/accessory'
import { type MediaSource, type PictureSize, systemClock } from '@hksv/media'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'

import { Camera } from '../src/camera/camera.ts'
import { SettingsStore } from '../src/camera/camera-settings.ts'
import { recordingOffer } from '../src/camera/supported-configuration.ts'
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
  const settings = new SettingsStore(file, undefined, 1)
  const events: CameraEvent[] = []
  const reported: boolean[] = []
  const made = new Camera({
    source,
    settings,
    offer: recordingOffer(description, { isDoorbell: false, prebufferLengthMs: 4000 }),
    log: pino({ level: 'silent' }),
    clock: systemClock,
    emit: event => events.push(event),
    reportMotion: isDetected => reported.push(isDetected),
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
  expect(asked).toHaveLength(2)
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
  expect(events).toEqual([{ event: 'armed' }, error, error])
})
