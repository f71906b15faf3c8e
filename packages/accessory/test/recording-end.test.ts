import { dataSendReason } from '@hksv/hds'
import { expect, test } from 'vitest'

import type { HandSource } from './support/hand-source.ts'
import {
  pass,
  runningRecorder,
  settled,
  VirtualCamera,
  type VirtualHub,
  virtualTime,
} from './support/virtual-hub.ts'

/** A hub that records, with the init segment behind it and a first key frame on its way. */
async function recording(options: { maxDurationMs?: number } = {}) {
  virtualTime()
  const { source, recorder } = await runningRecorder()
  const camera = new VirtualCamera(recorder, options)
  source.keyFrame(0)
  const hub = await camera.record()
  for (const type of ['opening', 'opened', 'fragment']) {
    expect((await hub.events.next()).type).toBe(type)
  }
  return { source, camera, hub }
}

/** Seconds pass, with a key frame every four of them. @returns Whether each was the last fragment. */
async function fragments(source: HandSource, hub: VirtualHub, times: readonly number[]) {
  const ends: boolean[] = []
  for (const time of times) {
    await pass(4000)
    source.keyFrame(time)
    await settled()
    const event = await hub.events.next()
    if (event.type !== 'fragment') throw new Error(event.type)
    ends.push(event.isEndOfStream)
  }
  return ends
}

const upTo = (end: number) => Array.from({ length: end / 4000 }, (_, i) => (i + 1) * 4000)

test.each([58_001, 62_000])('lasts 30 s longer than motion that ended at %i ms', async end => {
  const { source, camera, hub } = await recording()
  expect(await fragments(source, hub, upTo(64_000))).not.toContain(true)
  camera.motionEndedAt = end
  const after = await fragments(source, hub, upTo(92_000).slice(16))
  expect(after.indexOf(true)).toBe(after.length - 1)
  const ended = await hub.events.next()
  if (ended.type !== 'ended') throw new Error(ended.type)
  hub.command({ type: 'acknowledge', streamId: ended.streamId })
  await settled()
  expect(await camera.reports.next()).toMatchObject({
    reason: 'acknowledged',
    endedBy: 'hub',
    fragments: 23,
    durationMs: 92_000,
  })
})

test('goes on when motion begins again', async () => {
  const { source, camera, hub } = await recording()
  camera.motionEndedAt = 0
  expect(await fragments(source, hub, upTo(28_000))).not.toContain(true)
  camera.motionEndedAt = undefined
  expect(await fragments(source, hub, upTo(60_000).slice(7))).not.toContain(true)
})

test('has a ceiling, whatever moves', async () => {
  const { source, hub } = await recording({ maxDurationMs: 20_000 })
  expect(await fragments(source, hub, upTo(20_000))).toEqual([false, false, false, false, true])
})

test('is closed 12 s after its last fragment when the hub says nothing', async () => {
  const { source, camera, hub } = await recording({ maxDurationMs: 0 })
  await fragments(source, hub, [4000])
  expect((await hub.events.next()).type).toBe('ended')
  await pass(11_999)
  expect(camera.manager.isRecording).toBe(true)
  await pass(1)
  expect(camera.manager.isRecording).toBe(false)
  expect(await camera.reports.next()).toMatchObject({ reason: 'expired', endedBy: 'camera' })
})

test('is closed before a hub gives up on a source that stands still', async () => {
  const { source, camera, hub } = await recording()
  await fragments(source, hub, [4000])
  await pass(6999)
  expect(camera.manager.isRecording).toBe(true)
  await pass(1)
  expect(await hub.events.next()).toMatchObject({
    type: 'recording-closed',
    reason: dataSendReason.unexpectedFailure,
  })
  expect(await camera.reports.next()).toMatchObject({
    reason: 'unexpectedFailure',
    endedBy: 'camera',
    fragments: 1,
  })
})

test('begins with a short fragment when it is opened before there was a picture', async () => {
  virtualTime()
  const { source, recorder } = await runningRecorder()
  const hub = await new VirtualCamera(recorder).record()
  for (const type of ['opening', 'opened', 'fragment']) {
    expect((await hub.events.next()).type).toBe(type)
  }
  await pass(1500)
  source.keyFrame(0)
  await pass(2000)
  source.keyFrame(2000)
  await settled()
  expect(await hub.events.next()).toMatchObject({ type: 'fragment', sequence: 2 })
  for (const end of [4000, 6000]) {
    await pass(2000)
    source.keyFrame(end)
  }
  await settled()
  expect(await hub.events.next()).toMatchObject({ type: 'fragment', sequence: 3 })
})

test('is closed when there is no first fragment after five seconds', async () => {
  const { camera, hub } = await recording()
  await pass(4999)
  expect(camera.manager.isRecording).toBe(true)
  await pass(1)
  expect(await hub.events.next()).toMatchObject({
    type: 'recording-closed',
    reason: dataSendReason.unexpectedFailure,
  })
  expect(camera.manager.isRecording).toBe(false)
})

test.each([
  ['fails', (source: HandSource) => source.fail(new Error('unplugged'))],
  ['ends', (source: HandSource) => source.end()],
  ['changes its parameters', (source: HandSource) => source.resize(640)],
])('is closed when the source %s', async (_, breakOff) => {
  const { source, camera, hub } = await recording()
  await fragments(source, hub, [4000])
  breakOff(source)
  await settled()
  expect(await hub.events.next()).toMatchObject({
    type: 'recording-closed',
    reason: dataSendReason.unexpectedFailure,
  })
  expect((await camera.reports.next()).reason).toBe('unexpectedFailure')
})
