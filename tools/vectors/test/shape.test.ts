import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fmp4Errors } from '@hksv/fmp4'
import { hapErrors } from '@hksv/hap'
import { hdsErrors } from '@hksv/hds'
import { tlvErrors } from '@hksv/tlv8'
import { describe, expect, it } from 'vitest'

import { faultsOfFile, isRefused } from '../shape.ts'

const vectors = new URL('../../../test-vectors/', import.meta.url)
const folders = readdirSync(vectors, { withFileTypes: true })
  .filter(entry => entry.isDirectory() && entry.name !== 'node_modules')
  .map(({ name }) => name)
const files = folders.flatMap(folder =>
  readdirSync(new URL(`${folder}/`, vectors)).map(name => `${folder}/${name}`),
)

/** The codes of the packages. Where TLVs are read, those of TLV8 come through. */
const codes: Readonly<Record<string, readonly string[]>> = {
  // A package without codes; see the README.
  crypto: ['REFUSED', 'OUT_OF_RANGE'],
  fmp4: Object.keys(fmp4Errors),
  hap: Object.keys({ ...hapErrors, ...tlvErrors }),
  hds: Object.keys(hdsErrors),
  // A recording that is refused is no error.
  hub: ['REFUSED', ...Object.keys({ ...hapErrors, ...hdsErrors })],
  // Packets that cannot be read are ignored, without a code.
  media: ['REFUSED'],
  tlv8: Object.keys(tlvErrors),
}

function read(file: string) {
  return JSON.parse(readFileSync(new URL(file, vectors), 'utf8'))
}

describe('test-vectors', () => {
  it.each(files)('%s has the common shape', file => {
    expect(file).toMatch(/^[a-z\d]+\/[a-z\d]+(-[a-z\d]+)*\.json$/)
    expect(faultsOfFile(read(file))).toEqual([])
  })

  it.each(files)('%s refuses with the codes of its package', file => {
    const [folder = ''] = file.split('/')
    const rows = read(file).cases as { error?: string }[]
    const used = new Set(rows.flatMap(({ error }) => error ?? []))
    expect([...used].filter(code => !codes[folder]?.includes(code))).toEqual([])
  })

  it.each(folders)('%s belongs to a package', folder => {
    expect(existsSync(new URL(`../packages/${folder}/package.json`, vectors))).toBe(true)
  })

  it.each(folders)('%s refuses a third of its inputs or more', folder => {
    const rows = files
      .filter(file => file.startsWith(`${folder}/`))
      .flatMap(file => read(file).cases as unknown[])
    expect(rows.filter(isRefused).length / rows.length).toBeGreaterThanOrEqual(1 / 3)
  })

  it('are all described in the README', () => {
    const readme = readFileSync(new URL('README.md', vectors), 'utf8')
    const described = [...readme.matchAll(/^\| `([a-z\d]+)` +\|/gm)].map(([, folder]) => folder)
    expect(described).toEqual(folders.toSorted())
  })
})

describe('the check of the shape', () => {
  const sound = {
    format: 1,
    source: 'RFC 0',
    licence: 'own work',
    note: 'two rows',
    cases: [
      { name: 'read', hex: '01ff', value: 1 },
      { name: 'refused', hex: '01', error: 'TLV_TRUNCATED', offset: 0 },
    ],
  }
  const withCase = (row: unknown) => ({ ...sound, cases: [...sound.cases, row] })

  it('takes a sound file', () => {
    expect(faultsOfFile(sound)).toEqual([])
    const long = { prefix: '00', length: 70_000, tail: 'ff' }
    expect(faultsOfFile(withCase({ name: 'long', hex: long, canonical: false }))).toEqual([])
  })

  it.each([
    ['no object', [], 'the file is not one object'],
    ['another format', { ...sound, format: '1' }, 'format is not 1'],
    ['no source', { ...sound, source: undefined }, 'source is missing or empty'],
    ['a blank licence', { ...sound, licence: ' ' }, 'licence is missing or empty'],
    ['a note of another type', { ...sound, note: 1 }, 'note is missing or empty'],
    ['no cases', { ...sound, cases: [] }, 'there are no cases'],
    ['a row that is text', withCase('01'), 'case 2 is not an object'],
    ['no name', withCase({ hex: '' }), 'case 2 (undefined) has no name'],
    ['a name twice', withCase({ name: 'read', hex: '' }), 'two cases are called read'],
    ['only a name', withCase({ name: 'x', note: 'y' }), 'case 2 (x) has nothing to try'],
    ['half a byte', withCase({ name: 'x', hex: '012' }), 'case 2 (x) has a hex that'],
    ['capital digits', withCase({ name: 'x', hex: 'FF' }), 'case 2 (x) has a hex that'],
    ['half a long hex', withCase({ name: 'x', hex: { prefix: '' } }), 'case 2 (x) has a hex that'],
    ['a sentence as error', withCase({ name: 'x', error: 'too long' }), 'case 2 (x) has an error'],
    [
      'a value for refused bytes',
      withCase({ name: 'x', hex: '', value: 1, error: 'A' }),
      'case 2 (x) is both read and refused',
    ],
    [
      'a negative offset',
      withCase({ name: 'x', error: 'A', offset: -1 }),
      'case 2 (x) has an offset that',
    ],
    [
      'an offset of no error',
      withCase({ name: 'x', hex: '', offset: 1 }),
      'case 2 (x) has an offset but no error',
    ],
    [
      'canonical as text',
      withCase({ name: 'x', hex: '', canonical: 'no' }),
      'case 2 (x) is neither',
    ],
    [
      'a bare intermediate value',
      withCase({ name: 'x', hex: '', intermediate: '00' }),
      'case 2 (x) has intermediate values',
    ],
  ])('finds %s', (_, file, fault) => {
    expect(faultsOfFile(file)).toEqual([expect.stringContaining(fault)])
  })
})
