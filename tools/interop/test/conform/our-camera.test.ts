import { conformRules } from '@hksv/hub/conform'
import { expect, test } from 'vitest'

import { announcementOf, complaints, judge, startOwn } from './scene.ts'

/** Why a rule may be left out here. */
const knownReasons = [
  'it may end the camera, or change what cannot be put back',
  'the camera is no doorbell',
  'this machine was too busy to tell',
  'too few fragments came',
]

test('our camera keeps to every rule, and is left as it was found', async () => {
  const camera = await startOwn()
  const { port, setupCode = '' } = camera.info
  const trigger = async () => void camera.raiseMotion(20_000)
  const hear = async () => announcementOf(camera.info)
  const report = await judge({ host: '127.0.0.1', port }, { setupCode, trigger, hear })
  // When packets come is up to what else this machine does.
  expect(complaints(report).filter(each => !each.includes('live-no-bursts'))).toEqual([])
  expect(report.results).toHaveLength(conformRules.length)
  expect(report).toMatchObject({ isComplete: true, leftBehind: [] })
  const skipped = report.results.filter(({ outcome }) => outcome === 'skipped')
  const reasons = new Set(skipped.map(({ text = '' }) => text.replace(/:.*/, '')))
  for (const reason of reasons) expect(knownReasons).toContain(reason)
  expect(camera.state.isPaired).toBe(false)
}, 90_000)
