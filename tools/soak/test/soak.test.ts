import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { soakCamera } from '../camera-soak.mjs'
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
