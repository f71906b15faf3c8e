import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { soakCamera } from '../camera-soak.mjs'
import { soakEvents } from '../events-soak.mjs'
import { soak } from '../soak.mjs'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-soak-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('thirty kills lose nothing, and make no new identity', { timeout: 120_000 }, async () => {
  const result = await soak({ directory, kills: 30, seed: Date.now() % 1_000_000 })
  expect(result).toMatchObject({ kills: 30, losses: [], identities: 0 })
  expect(result.changes).toBeGreaterThan(0)
})

test('four kills of a camera lose nothing that it had answered', { timeout: 120_000 }, async () => {
  const result = await soakCamera({ directory, kills: 4, seed: Date.now() % 1_000_000 })
  expect(result).toMatchObject({ kills: 4, losses: [], identities: 0 })
})

test('a writer that says what it has not done is found out', { timeout: 120_000 }, async () => {
  const { losses } = await soak({ directory, kills: 10, seed: 1, isLossy: true })
  expect(losses.length).toBeGreaterThan(0)
})

test('after each fault the next event gives a clip, and nothing is left', {
  timeout: 120_000,
}, async () => {
  const seed = Date.now() % 1_000_000
  const result = await soakEvents({ directory, seed, events: 18, isQuick: true })
  const { failures, clips, handles, unhandledRejections, warnings } = result
  expect({ seed, failures, clips, handles, unhandledRejections, warnings }).toEqual({
    seed,
    failures: [],
    clips: { good: 18 },
    handles: [],
    unhandledRejections: 0,
    warnings: 0,
  })
  expect(Object.keys(result.faults).length).toBeGreaterThan(10)
})

test('a camera that forgets a timer with each recording is found out', {
  timeout: 120_000,
}, async () => {
  const options = { directory, seed: 1, events: 5, isQuick: true, isLeaky: true }
  const { handles, isGood } = await soakEvents(options)
  expect(isGood).toBe(false)
  expect(handles.join()).toMatch(/Timeout: \d+, then \d+/)
})
