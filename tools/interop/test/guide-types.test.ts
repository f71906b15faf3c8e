import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** The packages are resolved as by the programs beside it. */
const directory = join(root, 'examples/node_modules/.guide')
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** What is the reader's own. */
const OWN = `declare const raiseMotion: () => void
declare const ring: () => void
`

test('the TypeScript of the documents compiles', () => {
  const pages = readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md'))
  const texts = pages.map(name => readFileSync(join(root, 'docs', name), 'utf8')).join('\n')
  const blocks = [...texts.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => code)
  expect(blocks.length).toBeGreaterThan(2)
  mkdirSync(directory, { recursive: true })
  const names = blocks.map((code, i) => {
    const name = `block-${i + 1}.ts`
    writeFileSync(join(directory, name), code)
    return name
  })
  writeFileSync(join(directory, 'own.d.ts'), OWN)
  const compilerOptions = {
    noEmit: true,
    strict: true,
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
  }
  const project = { compilerOptions, files: [...names, 'own.d.ts'] }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(project))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const compiled = () =>
    execFileSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8', stdio: 'pipe' })
  expect(compiled).not.toThrow()
  // Nor would it miss what is wrong.
  writeFileSync(join(directory, names[0] ?? ''), `${blocks[0]}\nraiseMotion(1).then`)
  expect(compiled).toThrow()
}, 60_000)
