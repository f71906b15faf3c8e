import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

import { replays } from './replays.ts'

// The packages as they are published: no condition leads to their sources.
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: {
    include: Object.keys(replays),
    testTimeout: 20_000,
    reporters: [['default', { summary: false }]],
  },
})
