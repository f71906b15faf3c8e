import { readdirSync, readFileSync } from 'node:fs'
import { hdsErrors } from '@hksv/hds'
import { describe, expect, it } from 'vitest'

interface Row {
  readonly name?: unknown
  readonly hex?: unknown
  readonly error?: unknown
}

const folder = new URL('../../../test-vectors/hds/', import.meta.url)
const files = readdirSync(folder).map(name => ({
  name,
  file: JSON.parse(readFileSync(new URL(name, folder), 'utf8')),
}))

describe('the vectors', () => {
  it.each(files)('$name have the common shape', ({ file }) => {
    expect(file).toMatchObject({ format: 1 })
    for (const key of ['source', 'licence', 'note']) {
      expect(file[key]).toMatch(/./)
    }
    const rows: Row[] = file.cases
    const names = rows.map(({ name, hex }) => `${name} ${JSON.stringify(hex)}`)
    expect(new Set(names).size).toBe(rows.length)
    for (const { hex, error } of rows) {
      if (typeof hex === 'string') expect(hex).toMatch(/^([\da-f]{2})*$/)
      if (error !== undefined) expect(Object.keys(hdsErrors)).toContain(error)
    }
  })

  it('are refusals for a third or more', () => {
    const rows: Row[] = files.flatMap(({ file }) => file.cases)
    const refused = rows.filter(({ error }) => error !== undefined)
    expect(refused.length / rows.length).toBeGreaterThanOrEqual(1 / 3)
  })
})
