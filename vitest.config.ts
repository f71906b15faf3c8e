import { defineConfig } from 'vitest/config'

// Tests, coverage and fuzzing run from the sources; no build is needed for them.
const conditions = ['@hksv/source', 'node']

// What reads the bytes of strangers: `npm run coverage` runs its tests, and fails below the thresholds.
const covered = ['tlv8', 'hap', 'hds', 'fmp4', 'media/src/bitstream', 'media/src/rtp'].map(
  part => `packages/${part}/**/*.ts`,
)
const thresholds = Object.fromEntries(covered.map(part => [part, { lines: 95, branches: 90 }]))

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'tools/*/test/**/*.test.ts', 'examples/*/*.test.mjs'],
    testTimeout: 20_000,
    coverage: {
      provider: 'v8',
      include: covered,
      exclude: ['**/{test,fuzz,bench}/**'],
      reporter: ['text-summary', 'lcovonly'],
      thresholds,
    },
  },
})
