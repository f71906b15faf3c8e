import type { RunningCamera } from '@hksv/accessory'
import { expect, test } from 'vitest'

import { announcementOf, complaints, judge, scratch, startOwn } from './scene.ts'

test('our camera keeps to what may end others: wrong codes, odd frames, restarts', async () => {
  const storage = scratch()
  let camera: RunningCamera = await startOwn({ storage })
  const { port, setupCode = '' } = camera.info
  const trigger = async () => void camera.raiseMotion(20_000)
  const restart = async () => {
    await camera.close()
    camera = await startOwn({ storage, port })
  }
  const report = await judge(
    { host: '127.0.0.1', port },
    {
      setupCode,
      trigger,
      restart,
      hear: async () => announcementOf(camera.info),
      isDestructive: true,
      select: ({ isDestructive }) => isDestructive === true,
      fillMs: 0,
    },
  )
  expect(complaints(report)).toEqual([])
  const skipped = report.results.filter(({ outcome }) => outcome === 'skipped')
  expect(skipped).toEqual([])
  expect(report.leftBehind).toEqual([])
  // The last administrator is gone, and the camera can be paired with again.
  expect(camera.state.isPaired).toBe(false)
}, 60_000)
