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
 * @returns The path written, and the bytes that its source mentions: what a decoder compares with.
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
  })
  const [{ text }] = outputFiles
  const instrumenter = createInstrumenter({ esModules: true, coverageVariable: COUNTERS })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, instrumenter.instrumentSync(text, path))
  return { path, comparands: byteLiterals(text) }
}

function byteLiterals(source) {
  const found = new Set()
  for (const [, literal] of source.matchAll(/(?<![\w.])(0x[\da-f]{1,2}|\d{1,3})(?![\w.])/gi)) {
    if (Number(literal) < 256) found.add(Number(literal))
  }
  return [...found]
}
