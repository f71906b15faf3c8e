import { expect, test } from 'vitest'

import { pass, runningRecorder, VirtualCamera, virtualTime } from './support/virtual-hub.ts'

const MIB = 2 ** 20
/** The socket's own buffer, and the chunk that filled it. */
const MAX_IN_SOCKET = 512 * 1024 + 256 * 1024 + 1024

/** A hub that records a source whose fragments, one in four seconds, have `byteLength`. */
async function recording(byteLength: number) {
  virtualTime()
  const { source, recorder } = await runningRecorder()
  const camera = new VirtualCamera(recorder)
  source.keyFrame(0, byteLength)
  const hub = await camera.record()
  let time = 0
  const fourSeconds = async () => {
    time += 4000
    source.keyFrame(time, byteLength)
    await pass(4000)
  }
  await fourSeconds()
  hub.reads(false)
  return { recorder, camera, hub, fourSeconds }
}

test('what waits for a hub that reads too slowly is bounded, and then it is given up', async () => {
  const { recorder, camera, hub, fourSeconds } = await recording(4 * MIB)
  let mostInSocket = 0
  let mostInRing = 0
  while (camera.reports.size === 0) {
    await fourSeconds()
    hub.takeWaiting()
    mostInSocket = Math.max(mostInSocket, hub.writableLength)
    mostInRing = Math.max(mostInRing, recorder.prebufferBytes)
  }
  expect(mostInSocket).toBeGreaterThan(512 * 1024)
  expect(mostInSocket).toBeLessThan(MAX_IN_SOCKET)
  // 16 s of fragments, and the newest.
  expect(mostInRing).toBe(5 * 4 * MIB)
  expect(await camera.reports.next()).toMatchObject({
    reason: 'timeout',
    endedBy: 'camera',
  })
})

test('a hub that takes nothing for 10 s is given up, and another may record', async () => {
  const { camera, hub, fourSeconds } = await recording(MIB)
  await fourSeconds()
  expect(camera.manager.isRecording).toBe(true)
  await pass(5999)
  expect(hub.destroyed).toBe(false)
  await pass(1)
  expect(hub.destroyed).toBe(true)
  expect(await camera.reports.next()).toMatchObject({
    reason: 'stalled',
    endedBy: 'camera',
    // The second one stuck on its way.
    fragments: 1,
  })
  await camera.record()
  expect(camera.manager.isRecording).toBe(true)
})

test('each time that it takes everything it has another 10 s', async () => {
  const { hub, fourSeconds } = await recording(MIB)
  await fourSeconds()
  await pass(5999)
  hub.takeWaiting()
  await pass(9999)
  expect(hub.destroyed).toBe(false)
  await pass(1)
  expect(hub.destroyed).toBe(true)
})

test('what it says does not count as taking', async () => {
  const { hub, fourSeconds } = await recording(MIB)
  await fourSeconds()
  // The head of a message, and then the message in single bytes.
  hub.push(Buffer.of(1, 0, 0, 40))
  for (let i = 0; i < 3; i++) {
    await pass(2000)
    hub.push(Buffer.of(0))
  }
  expect(hub.destroyed).toBe(true)
})
