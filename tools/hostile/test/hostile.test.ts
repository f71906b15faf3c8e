import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { groups } from '../groups/index.ts'
import { reportVitals } from '../report.ts'
import { isBack, Suite } from '../suite.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

let suite: Suite

beforeAll(async () => {
  suite = await Suite.start(root, 'reduced')
}, 60_000)

afterAll(async () => {
  await suite?.stop()
})

describe('hostile input is refused by the rules', () => {
  test.each(groups)('$name', { timeout: 60_000 }, async group => {
    const tally = await suite.run(group)
    expect(tally.faults).toEqual([])
    expect(tally.total).toBeGreaterThan(0)
    expect(suite.stage.camera.isAlive).toBe(true)
  })
})

describe('afterwards the same process', () => {
  test('serves an honest controller, and holds no more than before', {
    timeout: 90_000,
  }, async () => {
    const after = await suite.after()
    reportVitals(suite.before, after)
    expect({ ...after, isBack: isBack(suite.before, after) }).toMatchObject({ isBack: true })
  })

  test('has nothing to complain of', () => {
    expect(suite.stage.camera.complaints).toEqual([])
  })

  test('ends when it is told to', async () => {
    expect(await suite.stop()).toBe(0)
  })
})
