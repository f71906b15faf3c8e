import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { killVault } from '../vault-killer.mjs'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

test.skipIf(!hasFfmpeg)(
  'a vault that is killed leaves nothing that does not play',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hksv-vault-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const { clips, failures } = await killVault({ directory, times: 3, seed: 7 })
    expect(failures).toEqual([])
    expect(clips).toBeGreaterThanOrEqual(2)
  },
  90_000,
)
