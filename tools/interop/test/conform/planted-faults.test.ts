import { conformRules } from '@hksv/hub/conform'
import { expect, test } from 'vitest'

import { FaultyCamera } from './faulty-camera.ts'
import { httpMistakes } from './http-mistakes.ts'
import { judge } from './scene.ts'
import { streamMistakes } from './stream-mistakes.ts'

/** The slow ones first: they are waited for side by side. */
const mistakes = [...streamMistakes.toReversed(), ...httpMistakes]
/** So many cameras are judged at once: most of the time is spent waiting for what does not come. */
const LANES = 10
/** The sources run ten times as fast as ours. */
const FILL_MS = 1000

/** Judges with some of the rules. */
async function judged(camera: FaultyCamera, rules: readonly string[]) {
  const { store, accessory } = await camera.pairedStore()
  const trigger = async () => void camera.camera.raiseMotion(20_000)
  const { results } = await judge(camera.address, {
    store,
    accessory,
    trigger,
    rules,
    fillMs: FILL_MS,
    liveMs: 1000,
  })
  return results
}

test('each mistake has a rule of its own', () => {
  const names = mistakes.map(([name]) => name)
  expect(new Set(names).size).toBe(mistakes.length)
  expect(names.length).toBeGreaterThanOrEqual(30)
  for (const name of names) expect(conformRules.map(rule => rule.name)).toContain(name)
})

test('behind the proxy without a mistake no rule is broken', async () => {
  const camera = await FaultyCamera.start()
  const names = mistakes.map(([name]) => name)
  const results = await judged(camera, names)
  expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
})

test('a mistake is found by the rule of its name', { timeout: 200_000 }, async () => {
  const queue = [...mistakes]
  const missed: string[] = []
  const judgeNext = async (camera: FaultyCamera): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [name, what, faults] = next
      camera.faults = faults
      const [result] = await judged(camera, [name])
      camera.faults = {}
      if (result?.outcome !== 'failed') {
        missed.push(`${name} does not find ${what}: ${result?.outcome} ${result?.text ?? ''}`)
      }
    }
  }
  const cameras = await Promise.all(Array.from({ length: LANES }, () => FaultyCamera.start()))
  await Promise.all(cameras.map(judgeNext))
  expect(missed).toEqual([])
})

test('a trigger that fails is no fault of the camera', async () => {
  const camera = await FaultyCamera.start()
  const trigger = () => Promise.reject(new Error('no such lamp'))
  const { results } = await judge(camera.address, {
    ...(await camera.pairedStore()),
    trigger,
    rules: ['motion-is-reported', 'open-accepted', 'database-stays'],
    fillMs: FILL_MS,
  })
  const text = 'the trigger failed: no such lamp'
  expect(results).toMatchObject([
    { rule: 'motion-is-reported', outcome: 'skipped', text },
    { rule: 'open-accepted', outcome: 'skipped', text },
    { rule: 'database-stays', outcome: 'passed' },
  ])
})
