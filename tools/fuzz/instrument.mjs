// Makes one instrumented program of a target and the sources of all it imports.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { build } from 'esbuild'
import { createInstrumenter } from 'istanbul-lib-instrument'

/** The global that holds a program's counters, by the path of the program. */
export const COUNTERS = '__fuzz__'

/**
 * Bundles `target` and counts every statement and branch in it.
 *
 * @returns The path written, and the bytes and texts that its source mentions: what a decoder compares
 * with.
 */
export async function instrument(target, path) {
  const { outputFiles } = await build({
    entryPoints: [target],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@hksv/source'],
    logLevel: 'silent',
    // For CommonJS packages among what is bundled.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)`,
    },
  })
  const [{ text }] = outputFiles
  const instrumenter = createInstrumenter({ esModules: true, coverageVariable: COUNTERS })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, instrumenter.instrumentSync(text, path))
  return { path, comparands: byteLiterals(text), words: textLiterals(text) }
}

function byteLiterals(source) {
  const found = new Set()
  for (const [, literal] of source.matchAll(/(?<![\w.])(0x[\da-f]{1,2}|\d{1,3})(?![\w.])/gi)) {
    if (Number(literal) < 256) found.add(Number(literal))
  }
  return [...found]
}

/** Short ones, without blanks: the others are for people. */
function textLiterals(source) {
  const found = source.matchAll(/(["'])([!#-&(-[\]-~]{2,32})\1/g)
  return [...new Set(Array.from(found, ([, , text]) => text))]
}
