import { conformRules } from '@hksv/hub/conform'
import { expect, test } from 'vitest'

import { complaints, judge, startOwn } from './scene.ts'

test('our camera keeps to every rule, and is left as it was found', async () => {
  const camera = await startOwn()
  const { port, setupCode = '' } = camera.info
  const report = await judge({ host: '127.0.0.1', port }, { setupCode })
  expect(complaints(report)).toEqual([])
  expect(report.results).toHaveLength(conformRules.length)
  expect(report).toMatchObject({ isComplete: true, leftBehind: [] })
  expect(camera.state.isPaired).toBe(false)
}, 90_000)
