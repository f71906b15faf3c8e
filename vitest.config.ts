import { defineConfig } from 'vitest/config'

// Tests, coverage and fuzzing run from the sources; no build is needed for them.
const conditions = ['@hksv/source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'tools/*/test/**/*.test.ts', 'examples/*/*.test.mjs'],
    testTimeout: 20_000,
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/bin.ts'],
      reporter: ['text-summary', 'lcovonly'],
    },
  },
})
