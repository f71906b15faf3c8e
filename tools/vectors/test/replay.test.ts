import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { replays } from '../replays.ts'
import { faultsOfFile } from '../shape.ts'

const hasPython = spawnSync('python3', ['--version']).status === 0
const root = new URL('../../../', import.meta.url)
const vectors = new URL('test-vectors/', root)
const folders = readdirSync(vectors, { withFileTypes: true })
  .filter(entry => entry.isDirectory() && entry.name !== 'node_modules')
  .map(({ name }) => name)
const files = folders.flatMap(folder =>
  readdirSync(new URL(`${folder}/`, vectors)).map(name => `${folder}/${name}`),
)
const read = (file: string) => JSON.parse(readFileSync(new URL(file, vectors), 'utf8'))

describe('npm run vectors', () => {
  it('replays every file', () => {
    const replayed = Object.values(replays).flat()
    expect(replayed.map(name => `${name}.json`).toSorted()).toEqual(files.toSorted())
  })

  it.each(Object.entries(replays))('%s reads its files', (test, names) => {
    const text = readFileSync(new URL(test, root), 'utf8')
    for (const name of names) {
      const [, base = ''] = name.split('/')
      expect(text).toMatch(new RegExp(`['\`(/]${base}['\`.]`))
    }
  })

  it('says which vectors there are', () => {
    const program = fileURLToPath(new URL('../run.mjs', import.meta.url))
    const ended = spawnSync(process.execPath, [program, 'nonsense'], { encoding: 'utf8' })
    expect(ended.status).toBe(2)
    expect(ended.stderr).toContain('Choose among crypto')
  })
})

describe('vectors.schema.json', () => {
  const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(
    read('vectors.schema.json'),
  )
  const sound = { format: 1, source: 'RFC 0', licence: 'MIT', note: 'none', cases: [] }
  const row = { name: 'one', hex: '00', value: 1 }

  it.each(files)('%s is one', file => {
    expect(validate(read(file)), JSON.stringify(validate.errors)).toBe(true)
  })

  it.each([
    ['no cases', []],
    ['a case without a name', [{ hex: '00' }]],
    ['a case with nothing to try', [{ name: 'one' }]],
    ['half a byte', [{ ...row, hex: '0' }]],
    ['upper case', [{ ...row, hex: 'AB' }]],
    ['read and refused', [{ ...row, error: 'REFUSED' }]],
    ['an error that is no code', [{ name: 'one', hex: '00', error: 'no' }]],
    ['an offset without an error', [{ ...row, offset: 1 }]],
  ])('refuses what the check of the shape refuses: %s', (_what, cases) => {
    const file = { ...sound, cases }
    expect(validate(file)).toBe(false)
    expect(faultsOfFile(file)).not.toEqual([])
  })

  it('takes a sound file', () => {
    expect(validate({ ...sound, cases: [row] })).toBe(true)
  })
})

it.skipIf(!hasPython)('the README shows how an implementer in another language begins', () => {
  const readme = readFileSync(new URL('README.md', vectors), 'utf8')
  const [, program = ''] = /```python\n([\s\S]*?)```/.exec(readme) ?? []
  const ended = spawnSync('python3', ['-c', program], {
    cwd: fileURLToPath(vectors),
    encoding: 'utf8',
  })
  expect(ended).toMatchObject({ status: 0, stderr: '' })
  const rows: { info?: string; infoText?: string }[] = read('crypto/hkdf-sha512.json').cases
  const limited = rows.filter(
    ({ info = '', infoText = '' }) => info.length > 2048 || infoText.length > 1024,
  )
  expect(ended.stdout).toBe(`${rows.length - limited.length} rows hold\n`)
})

it.skipIf(!hasPython)(
  'Python says the same in whole exchanges, from the keys of both sides alone',
  () => {
    const ended = spawnSync('python3', ['exchanges.py'], {
      cwd: fileURLToPath(vectors),
      encoding: 'utf8',
    })
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    const { cases }: { cases: { steps: unknown[] }[] } = read('hub/exchanges.json')
    const messages = cases.flatMap(({ steps }) => steps).length
    expect(ended.stdout).toBe(`${cases.length} exchanges of ${messages} messages hold\n`)
  },
)
