import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { install, installGlobally, pack, published } from '../project.ts'

const require = createRequire(import.meta.url)
const execute = promisify(execFile)
/** The oldest that is supported, and each line of long-term support since. */
const nodes = ['node-20', 'node-22', 'node-24', 'node-26'].map(
  name => [name, join(dirname(require.resolve(`${name}/package.json`)), 'bin/node')] as const,
)

const made: string[] = []
function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-stranger-'))
  made.push(directory)
  return directory
}

const tarballs = pack(emptyDirectory())
const directory = emptyDirectory()

beforeAll(() => install(directory, tarballs), 120_000)

afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true })
})

/** Runs a program in the empty project. @returns What it printed. */
async function program(node: string, name: string, source: string): Promise<string> {
  writeFileSync(join(directory, name), source)
  const options = { cwd: directory, encoding: 'utf8' } as const
  const { stdout } = await execute(node, ['--enable-source-maps', name], options)
  return stdout
}

const modules = published.flatMap(({ manifest: { name, exports = {} } }) =>
  Object.keys(exports)
    .filter(path => !path.includes('json'))
    .map(path => name + path.slice(1)),
)

describe.each(nodes)('packed, on %s', (version, node) => {
  test('every module can be imported', async () => {
    const lines = modules.map(
      name => `console.log(Object.keys(await import('${name}')).length > 0)`,
    )
    const printed = await program(node, `imports-${version}.mjs`, lines.join('\n'))
    expect(printed.trim().split('\n')).toEqual(modules.map(() => 'true'))
  })

  test('an error points to the line of the source', async () => {
    const source = `import { decodeItems } from '@hksv/tlv8'
      try { decodeItems(Uint8Array.of(1, 2, 3)) } catch (error) { console.log(error.stack) }`
    const stack = await program(node, `stack-${version}.mjs`, source)
    const [, file = '', line = ''] = /\((?:file:\/\/)?([^()]*\.ts):(\d+):\d+\)/.exec(stack) ?? []
    expect(file).toContain('node_modules/@hksv/tlv8/src/')
    expect(readFileSync(file, 'utf8').split('\n')[Number(line) - 1]).toMatch(/\S/)
  })

  test('the command says its version, and how it is used', async () => {
    const bin = join(directory, 'node_modules/hksv/dist/bin.js')
    const { version: wanted } = require('../../../packages/cli/package.json')
    expect(execFileSync(node, [bin, '--version'], { encoding: 'utf8' }).trim()).toBe(wanted)
    expect(execFileSync(node, [bin, '--help'], { encoding: 'utf8' })).toContain('camera')
  })
})

/** Twelve seconds each, most of them waiting. */
test.concurrent('packed, a camera is paired, armed and recorded from on all of them', async () => {
  const bin = join(directory, 'node_modules/hksv/dist/bin.js')
  const demo = async (version: string, node: string): Promise<unknown> => {
    const args = [bin, 'demo', '--json', '--out', join(directory, `clips-${version}`)]
    const { stdout } = await execute(node, args, { cwd: directory })
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  }
  const last = await Promise.all(nodes.map(([version, node]) => demo(version, node)))
  expect(last).toMatchObject(nodes.map(() => ({ isComplete: true })))
}, 60_000)

test.concurrent('packed and installed globally, the command is there, and its demo leaves a clip', async () => {
  const prefix = emptyDirectory()
  installGlobally(prefix, tarballs)
  // As a new user has it: an empty home, and nothing but the command and Node on the path.
  const path = [join(prefix, 'bin'), dirname(process.execPath)].join(':')
  const options = { cwd: prefix, env: { HOME: prefix, PATH: path } }
  const { stdout } = await execute('hksv', ['demo', '--json'], options)
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ isComplete: true })
  expect(readdirSync(join(prefix, 'clips'))).toContainEqual(expect.stringMatching(/\.mp4$/))
}, 120_000)

/** Of packages whose first example ends by itself, with nothing around it. */
const examples = ['crypto', 'tlv8']

test.each(examples)('the example of %s runs as it stands', async name => {
  const readme = readFileSync(join(directory, 'node_modules/@hksv', name, 'README.md'), 'utf8')
  const [, source = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  expect(source).toContain(`@hksv/${name}`)
  const { code } = transformSync(source, { loader: 'ts', format: 'esm', target: 'node20' })
  await program(nodes[0]?.[1] ?? '', `${name}.mjs`, code)
})

test.each(published)('$manifest.name has a README, a licence and no test', ({ manifest }) => {
  const folder = join(directory, 'node_modules', manifest.name)
  expect(existsSync(join(folder, 'README.md'))).toBe(true)
  expect(existsSync(join(folder, 'test'))).toBe(false)
  const packed = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  expect(packed).toMatchObject({ license: 'MIT', sideEffects: false })
  expect(JSON.stringify(packed)).not.toContain('workspace:')
  expect(JSON.stringify(packed.exports)).not.toContain('@hksv/source')
})
